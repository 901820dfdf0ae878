import Cryptography
import Glibc

/// The organisation's directory: who a person is, and which groups they are in.
package final class Directory: Sendable {
    package let configuration: DirectoryConfiguration
    private let threads: DirectoryThreads

    package init(_ configuration: DirectoryConfiguration) {
        Self.environment
        self.configuration = configuration
        threads = DirectoryThreads(configuration)
    }

    /// Set once, since a thread that reads the environment at that moment may see it half changed.
    private static let environment: Void = {
        // What the machine's ldap.conf says must not weaken what is configured here; libldap reads this before its first use.
        setenv("LDAPNOINIT", "1", 1)
        // Binds are simple, so no plug-in of SASL is ever asked; loaded, they would bring Kerberos and Berkeley DB into this process.
        setenv("SASL_PATH", "/nonexistent", 1)
    }()

    /// Checks name and password. Empty passwords and NUL bytes are refused before any packet is sent: an empty one would be an
    /// anonymous bind (RFC 4513 section 5.1.2), a NUL would end the text early somewhere.
    package func signIn(username: String, password: SecretBytes) async -> DirectoryAnswer<DirectoryPerson> {
        switch await tryPassword(username: username, password: password) {
        case .found(let attempt): attempt.person.map { .found($0) } ?? .notFound
        case .notFound: .notFound
        case .unknown(let reason): .unknown(reason: reason)
        }
    }

    /// The same, with whose password it would have been: for counting wrong ones, and never to be told.
    package func tryPassword(username: String, password: SecretBytes) async -> DirectoryAnswer<PasswordTry> {
        let nobody = DirectoryAnswer.found(PasswordTry())
        guard !password.isEmpty, password.count <= 1024, password.withUnsafeBytes({ !$0.contains(0) }) else { return nobody }
        guard !username.isEmpty, username.utf8.count <= 256, !username.utf8.contains(0) else { return nobody }
        return await ask { $0.tryPassword(username: username, password: password) }
    }

    /// The person with this id as the directory has them now.
    package func lookUp(id: String) async -> DirectoryAnswer<DirectoryPerson> {
        await ask { $0.lookUp(id: id) }
    }

    /// Whether a search for people, whoever they are, finds anybody at all.
    package func seesAnybody() async -> DirectoryAnswer<Bool> { await ask { $0.seesAnybody() } }

    /// Whether a group is there and somebody is in it. A group that this account may not look into shows nobody.
    package func seesMembers(ofGroup dn: String) async -> DirectoryAnswer<Bool> {
        await ask { $0.seesMembers(ofGroup: dn) }
    }

    /// What the configuration finds, step by step.
    /// - Parameter username: Whom to look for; nil: nobody in particular.
    package func check(username: String?) async -> DirectoryAnswer<DirectoryCheckReport> {
        let configuration = configuration
        // Every server is tried to its end, and some things are asked twice.
        let patience = (configuration.answerWithin + .seconds(configuration.requestTimeoutSeconds)) * 4
        return await ask(within: patience) { _ in .found(DirectoryCheck.run(configuration, username: username)) }
    }

    package func stop() { threads.stop() }

    /// Asks on a directory thread, for as long as `answerWithin` says and no longer: then the thread's connection is cut.
    private func ask<Value: Sendable>(
        within patience: Duration? = nil,
        _ question: @escaping @Sendable (DirectorySession) -> DirectoryAnswer<Value>
    ) async -> DirectoryAnswer<Value> {
        let pending = PendingAnswer<DirectoryAnswer<Value>>(), interruption = Interruption()
        let timeout = patience ?? configuration.answerWithin
        guard threads.submit(interruption, { pending.resolve(question($0)) }) else {
            return .unknown(reason: "too many questions wait for the directory")
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                // Cancelled as soon as there is an answer, or with whoever asked.
                try? await Task.sleep(for: timeout)
                pending.resolve(.unknown(reason: "the directory did not answer within \(timeout)"))
                interruption.end()
            }
            let answer = await pending.value()
            group.cancelAll()
            return answer
        }
    }
}
