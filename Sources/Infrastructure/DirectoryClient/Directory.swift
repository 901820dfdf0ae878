import Cryptography
import Glibc
import Synchronization

/// The organisation's directory: who a person is, and which groups they are in.
package final class Directory: Sendable {
    private let threads: DirectoryThreads
    private let timeout: Duration

    package init(_ configuration: DirectoryConfiguration) {
        Self.environment
        threads = DirectoryThreads(configuration)
        // Whatever libldap waits for, nobody waits longer: connecting to each server, a bind, a search, a bind, a search.
        timeout = .seconds(configuration.connectTimeoutSeconds * configuration.urls.count + configuration.requestTimeoutSeconds)
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
        guard !password.isEmpty, password.count <= 1024, password.withUnsafeBytes({ !$0.contains(0) }) else { return .notFound }
        guard !username.isEmpty, username.utf8.count <= 256, !username.utf8.contains(0) else { return .notFound }
        return await ask { $0.signIn(username: username, password: password) }
    }

    /// The person with this id as the directory has them now.
    package func lookUp(id: String) async -> DirectoryAnswer<DirectoryPerson> {
        await ask { $0.lookUp(id: id) }
    }

    package func stop() { threads.stop() }

    private func ask(
        _ question: @escaping @Sendable (DirectorySession) -> DirectoryAnswer<DirectoryPerson>
    ) async -> DirectoryAnswer<DirectoryPerson> {
        let pending = PendingAnswer()
        guard threads.submit({ pending.resolve(question($0)) }) else {
            return .unknown(reason: "too many sign-ins wait for the directory")
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask { [timeout] in
                // Cancelled as soon as there is an answer.
                try? await Task.sleep(for: timeout)
                pending.resolve(.unknown(reason: "the directory did not answer within \(timeout)"))
            }
            let answer = await pending.value()
            group.cancelAll()
            return answer
        }
    }
}

/// One answer, from whoever is first: the directory thread or the clock.
private final class PendingAnswer: Sendable {
    private enum State {
        case waiting(CheckedContinuation<DirectoryAnswer<DirectoryPerson>, Never>?)
        case resolved(DirectoryAnswer<DirectoryPerson>)
        case taken
    }

    private let state = Mutex(State.waiting(nil))

    func resolve(_ answer: DirectoryAnswer<DirectoryPerson>) {
        let waiting = state.withLock { state -> CheckedContinuation<DirectoryAnswer<DirectoryPerson>, Never>? in
            guard case .waiting(let continuation) = state else { return nil }
            state = continuation == nil ? .resolved(answer) : .taken
            return continuation
        }
        waiting?.resume(returning: answer)
    }

    func value() async -> DirectoryAnswer<DirectoryPerson> {
        await withCheckedContinuation { continuation in
            let resolved = state.withLock { state -> DirectoryAnswer<DirectoryPerson>? in
                if case .resolved(let answer) = state {
                    state = .taken
                    return answer
                }
                state = .waiting(continuation)
                return nil
            }
            if let resolved { continuation.resume(returning: resolved) }
        }
    }
}
