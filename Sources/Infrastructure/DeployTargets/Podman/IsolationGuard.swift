import NIOHTTP1
import PlatformModel
import Synchronization

/// Has a container in Podman's own network namespace keep the rules in force that keep environments apart (ADR 14). The runner has
/// no right to change a firewall, and may not even see that namespace; Podman has and does. No replica is started without it.
final class IsolationGuard: Sendable {
    enum Standing: Sendable, Hashable {
        /// Podman has not been asked, or did not answer.
        case unknown
        case inForce
        case missing(String)
    }

    private struct State {
        var standing = Standing.unknown
        var isBusy = false
        var nextTry: Int64 = 0
    }

    /// Between two attempts of the loop (milliseconds).
    private static let pause: Int64 = 5000
    private static let patience: Duration = .seconds(15)
    private static let inForce = "in force"

    let name: String
    private let configuration: PodmanTarget.Configuration
    private let client: PodmanClient
    private let rules: IsolationRules
    private let parent: PrivateFolder
    private let gate = KeyedGate<Int>()
    private let state = Mutex(State())

    init(_ configuration: PodmanTarget.Configuration, _ client: PodmanClient, _ names: ResourceNames) {
        self.configuration = configuration
        self.client = client
        name = names.guardian
        rules = IsolationRules(table: names.table, bridges: names.bridges, hostPorts: configuration.hostPorts)
        parent = PrivateFolder(path: configuration.probesRoot)
    }

    /// Below the folder of the probes' sockets.
    static let folderName = "guard"
    private var folder: PrivateFolder { parent.folder(Self.folderName) }

    var standing: Standing { state.withLock(\.standing) }

    // MARK: The loop's part

    /// Takes a listing in; whether `ensure` is to be called now.
    func isDue(_ listed: [ListedContainer], now: Int64) -> Bool {
        let runs = listed.contains { $0.name == name && $0.observation.state == .running }
        let said = runs ? said() : nil
        return state.withLock { state in
            // Another guard's rules may be in force after a change of the configuration: only `ensure` can tell.
            if said == Self.inForce, state.standing == .inForce { return false }
            guard !state.isBusy, now >= state.nextTry else { return false }
            state.isBusy = true
            state.nextTry = now + Self.pause
            return true
        }
    }

    func tried() {
        state.withLock { $0.isBusy = false }
    }

    // MARK: Making it so

    /// Returns once the rules are in force.
    func ensure() async throws(DeployError) {
        try await gate.hold(0) { () async throws(DeployError) in
            do throws(PodmanFailure) {
                if try await !stands() { try await replace() }
                try await awaitInForce()
                state.withLock { $0.standing = .inForce }
            } catch {
                if error.isTransient { throw DeployError.podman(error) }
                state.withLock { $0.standing = .missing(error.message) }
                throw Self.failure(error.message)
            }
        }
    }

    static func failure(_ text: String) -> DeployError {
        DeployError(
            code: "DEP-012", kind: .failed,
            message: "the rules that keep environments apart are not in force, so nothing is started: \(text)")
    }

    /// It runs, and with these rules.
    private func stands() async throws(PodmanFailure) -> Bool {
        do throws(PodmanFailure) {
            let found = try await client.json(.GET, "/containers/\(name)/json")
            return found["State"]?["Running"]?.bool == true && said() != nil
                && found["Config"]?["Labels"]?[ResourceNames.Label.rules]?.string == digest
        } catch {
            guard error.isMissing else { throw error }
            return false
        }
    }

    private func replace() async throws(PodmanFailure) {
        do throws(PrivateFolder.Failure) {
            try parent.make()
            try parent.makeFolder(Self.folderName, mode: 0o700)
            try folder.write("rules.nft", Array(rules.text.utf8), mode: 0o444)
        } catch {
            throw .answered(status: 0, message: error.message)
        }
        try await client.removeContainer(name)
        folder.remove("state")
        try await client.ensureSandboxImage()
        try await client.create(specification)
        try await client.start(name)
    }

    private func awaitInForce() async throws(PodmanFailure) {
        let deadline = ContinuousClock.now + Self.patience
        while true {
            let said = said()
            if said == Self.inForce { return }
            if let said { throw .answered(status: 0, message: "\(said); the package 'nftables' must be installed") }
            guard ContinuousClock.now < deadline else {
                throw .answered(status: 0, message: "the container '\(name)' says nothing within \(Self.patience)")
            }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { throw .unreachable("cancelled") }
        }
    }

    /// What the guard says of itself, on one line.
    private func said() -> String? {
        guard let file = OutputFile(path: "\(folder.path)/state") else { return nil }
        let words = String(decoding: file.bytes(limit: 400), as: UTF8.self).split(whereSeparator: \.isWhitespace)
        return words.joined(separator: " ")
    }

    // MARK: The container

    private var digest: String { String(SHA256.hex(rules.text + "\0" + description.canonical).prefix(16)) }

    private func bind(_ source: String, _ destination: String, readOnly: Bool = true) -> JSON {
        ContainerSpecification.bind(source, destination, readOnly: readOnly)
    }

    /// The machine's nft with its libraries, in Podman's network namespace, with the one right that it needs. `DAC_OVERRIDE`,
    /// because the folder belongs to the runner's user.
    private var description: JSON {
        [
            "name": .string(name), "image": .string(ContainerSpecification.sandboxImage),
            "entrypoint": ["/martlet/martlet-env", "guard"],
            "command": [.string(configuration.nft), "/martlet/guard", .string(rules.table)],
            "netns": ["nsmode": "host"], "use_image_hosts": true, "use_image_resolve_conf": true,
            "mounts": [
                bind(configuration.martletEnv, "/martlet/martlet-env"), bind("/usr", "/usr"), bind("/lib", "/lib"),
                bind("/lib64", "/lib64"), bind(folder.path, "/martlet/guard", readOnly: false),
            ],
            "log_configuration": ["driver": "none"], "restart_policy": "no", "httpproxy": false, "stop_timeout": 1,
            "read_only_filesystem": true, "no_new_privileges": true, "cap_drop": ["ALL"],
            "cap_add": ["NET_ADMIN", "DAC_OVERRIDE"],
        ]
    }

    private var specification: JSON {
        var specification = description
        specification["labels"] = [
            ResourceNames.Label.target: .string(configuration.id), ResourceNames.Label.role: "guard",
            ResourceNames.Label.rules: .string(digest),
        ]
        return specification
    }
}
