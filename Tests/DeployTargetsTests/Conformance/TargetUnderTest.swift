import Logging
import PlatformModel
import Synchronization
import TestSupport
import Testing

@testable import DeployTargets

/// A kind of target that the conformance suite runs over.
enum TargetUnderTest: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case recording, podman

    var testDescription: String { rawValue }

    static var available: [TargetUnderTest] { PrivatePodman.isAvailable ? allCases : [.recording] }

    var image: String { PrivatePodman.busyboxImage }
    /// A command that ends at once, with an error.
    var broken: [String] { ["/bin/sh", "-c", "echo giving up >&2; exit 3"] }

    /// Runs a test with a target of this kind that nobody else uses.
    func with(_ body: @Sendable (any DeployTarget) async throws -> Void) async throws {
        switch self {
        case .recording:
            let broken = JSON.array(broken.map(JSON.string))
            try await body(
                RecordingTarget { bundle in
                    let isBroken = bundle.objects.contains { object in
                        let pod = object["spec"]?["template"]?["spec"]
                        return ["initContainers", "containers"].contains { pod?[$0]?[0]?["command"] == broken }
                    }
                    return isBroken
                        ? DeployError(code: "DEP-004", kind: .failed, message: "it ended", lastLines: ["giving up"]) : nil
                })
        case .podman:
            try await PodmanBench.with { bench in try await body(bench.target) }
        }
    }
}

/// A Podman target of a test's own on the process's private Podman, with what it told its hooks.
final class PodmanBench: Sendable {
    let podman: PrivatePodman
    let configuration: PodmanTarget.Configuration
    let target: PodmanTarget
    let events: Events

    /// What the hooks were told.
    final class Events: Sendable {
        struct Endpoints: Sendable, Hashable {
            var workload: String
            var ports: [Int: [WorkloadEndpoint]]
        }

        private let state = Mutex<(endpoints: [Endpoints], refresh: WorkloadBundle?)>(([], nil))

        var endpoints: [Endpoints] { state.withLock(\.endpoints) }
        var refresh: WorkloadBundle? {
            get { state.withLock(\.refresh) }
            set { state.withLock { $0.refresh = newValue } }
        }

        var hooks: PodmanTarget.Hooks {
            PodmanTarget.Hooks(
                endpointsChanged: { key, ports in
                    self.state.withLock { $0.endpoints.append(Endpoints(workload: key.workload, ports: ports)) }
                },
                refresh: { _ in self.refresh })
        }
    }

    private static let counter = Mutex(0)
    /// A few at a time: two processors start no more containers within the tests' deadlines.
    private static let lanes = KeyedGate<Int>()

    private init(_ podman: PrivatePodman, _ configuration: PodmanTarget.Configuration) {
        self.podman = podman
        self.configuration = configuration
        events = Events()
        target = PodmanTarget(configuration, hooks: events.hooks, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Starts a target, runs the body, and takes everything away that the target made. `besideAnother`: within such a body.
    static func with(
        _ change: (inout PodmanTarget.Configuration) -> Void = { _ in }, on other: PrivatePodman? = nil,
        besideAnother: Bool = false, _ body: @Sendable (PodmanBench) async throws -> Void
    ) async throws {
        let podman: PrivatePodman
        if let other { podman = other } else { podman = try await PrivatePodman.shared() }
        let number = counter.withLock { counter in
            counter += 1
            return counter
        }
        let root = "\(podman.folder)/t\(number)"
        try podman.makeFolder(root)
        var configuration = PodmanTarget.Configuration(
            id: "t\(number)", socket: podman.socket, secretsRoot: "\(root)/secrets", outputRoot: "\(root)/output",
            probesRoot: "\(root)/p", martletEnv: podman.martletEnv)
        configuration.drain = .milliseconds(50)
        configuration.crashLimit = 2
        configuration.interval = .milliseconds(200)
        change(&configuration)
        let bench = PodmanBench(podman, configuration)
        func run() async throws {
            try await bench.whileRunning(body)
            try await bench.clean()
        }
        // A test that has a lane must not wait for another one.
        if besideAnother { try await run() } else { try await lanes.hold(number % 4) { try await run() } }
    }

    /// Runs the body with the target's loop, and ends the loop, as a runner that is killed would.
    func whileRunning(_ body: @Sendable (PodmanBench) async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await self.target.run() }
            defer { group.cancelAll() }
            try await body(self)
        }
    }

    /// The same target in a runner that was started anew.
    func restarted() -> PodmanBench { PodmanBench(podman, configuration) }

    /// The containers of the target's workloads, as Podman lists them.
    func containers() async throws -> [JSON] { try await everything().filter { $0["Labels"]?["martlet.workload"] != nil } }

    private func everything() async throws -> [JSON] {
        let filter = "%7B%22label%22%3A%5B%22martlet.target%3D\(configuration.id)%22%5D%7D"
        return try await podman.call("GET", "/containers/json?all=true&filters=\(filter)").body.array ?? []
    }

    /// The id of the container that keeps the rules of isolation, while it runs.
    func guardian() async throws -> String? {
        try await everything().first { $0["Labels"]?["martlet.role"] == "guard" && $0["State"] == "running" }?["Id"]?.string
    }

    /// Names of the containers that are not sandboxes.
    func names(_ revision: String? = nil) async throws -> [String] {
        try await containers().filter { container in
            let labels = container["Labels"]
            return labels?["martlet.role"] == "container" && (revision == nil || labels?["martlet.revision"]?.string == revision)
        }.compactMap { $0["Names"]?[0]?.string }.sorted()
    }

    /// Runs a shell line in a container; what it printed.
    func shell(_ container: String, _ line: String) async throws -> String {
        let command: JSON = ["Cmd": ["/bin/sh", "-c", .string(line)], "AttachStdout": true, "AttachStderr": true]
        let made = try await podman.call("POST", "/containers/\(container)/exec", body: Array(command.canonical.utf8))
        guard let id = made.body["Id"]?.string else { throw PrivatePodman.Failure(description: "exec: \(made)") }
        return try await podman.output("/exec/\(id)/start", body: #"{"Detach":false,"Tty":false}"#)
    }

    private func clean() async throws {
        for container in try await containers() where container["Labels"]?["martlet.role"] == "container" {
            _ = try await podman.call("DELETE", "/containers/\(container["Id"]?.string ?? "")?force=true&timeout=0")
        }
        for container in try await everything() {
            _ = try await podman.call("DELETE", "/containers/\(container["Id"]?.string ?? "")?force=true&timeout=0")
        }
    }
}
