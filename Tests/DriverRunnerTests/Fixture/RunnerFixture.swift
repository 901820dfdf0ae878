import DeployTargets
import Drivers
import Glibc
import HTTPTypes
import Logging
import Outgoing
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle
import ServiceRuntime
import Synchronization
import TestSupport

@testable import DriverRunner

let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// What stands around runners: a database of the test's own, and the two rooms that they call, as fakes on sockets.
final class RunnerFixture: Sendable {
    let database: TestDatabase
    let broker = FakeBroker()
    let logs = FakeLogs()
    let folder: TemporaryFolder
    let administrator: PostgresPool
    private let number = Mutex(0)

    static let environment = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")
    static let prefix = "orgs/acme/apps/shop/envs/dev/resources"
    /// Of the resource that most tests order.
    static let node = "0123456789abcdef0123456789abcdef01234567"

    private init(_ database: TestDatabase, _ folder: TemporaryFolder, _ administrator: PostgresPool) {
        self.database = database
        self.folder = folder
        self.administrator = administrator
    }

    static func with(_ body: @escaping @Sendable (RunnerFixture) async throws -> Void) async throws {
        let database = try await PrivatePostgres.database()
        let folder = try TemporaryFolder("runner")
        try await PostgresPool.with(database.configuration(), logger: quiet) { administrator in
            let fixture = RunnerFixture(database, folder, administrator)
            fixture.broker.grant("g", prefix: prefix)
            let rooms = [
                (fixture.broker.router(), fixture.brokerSocket, "runner"), (fixture.logs.router(), fixture.logsSocket, "runner"),
            ]
            try await serving(rooms) { try await body(fixture) }
        }
    }

    var brokerSocket: String { folder.file("broker.sock") }
    var logsSocket: String { folder.file("logs.sock") }

    /// Serves routers on sockets for as long as the body runs; each for the one caller.
    static func serving(
        _ rooms: [(router: RoomRouter, socket: String, caller: String)], _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let servers = rooms.map { room in
            RoomServer(
                endpoints: [.init(.unix(path: room.socket, mode: 0o600, group: nil), room.router)],
                configuration: ServiceConfiguration(
                    socket: room.socket, callers: [room.caller: getuid()], shutdownGrace: .zero), logger: quiet)
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for server in servers { group.addTask { try await server.run() } }
            for server in servers { _ = try await server.listening() }
            defer { group.cancelAll() }
            try await body()
        }
    }

    /// A runner for as long as the body runs; when the body returns it ends at once, as a killed one does.
    func runner(
        host: String = "h1", drivers: [any Driver],
        connector: any DriverConnector = NetworkConnector(rules: OutgoingRules()),
        target: any DeployTarget = RecordingTarget(),
        change: (inout ActionDesk.Limits) -> Void = { _ in }, _ body: @escaping @Sendable (Runner) async throws -> Void
    ) async throws {
        let number = number.withLock { number in
            number += 1
            return number
        }
        var limits = ActionDesk.Limits()
        limits.heartbeatSeconds = 0.1
        limits.leaseSeconds = 60
        change(&limits)
        var configuration = database.configuration(role: "martlet_runner")
        configuration.sharedConnections = 1
        configuration.transactionConnections = 3
        try await PostgresPool.with(configuration, logger: quiet) { [limits] pool in
            let runner = Runner(
                self, pool, host: host, process: "p\(number)",
                catalogue: DriverCatalogue(drivers, connector: connector), target: target, limits: limits,
                socket: self.folder.file("runner\(number).sock"))
            let router = RoomRouter()
            ActionRoutes(desk: runner.desk).add(to: router)
            InspectionRoutes(desk: runner.inspection).add(to: router)
            EnvironmentRoutes(database: runner.pool).add(to: router)
            try await Self.serving([(router, runner.socket, "orchestrator")]) {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask { try await runner.services.run() }
                    defer { group.cancelAll() }
                    try await body(runner)
                }
            }
        }
    }

    /// Everything that the runner's schema holds, as text.
    func dump() async throws -> String {
        try await text(
            of: ["actions", "workloads", "host_workloads", "output_cursors", "terraform_leases", "terraform_states"], "t::text")
    }

    /// What it keeps of its work: not how far output was read, and no heartbeats, which go on by themselves.
    func kept() async throws -> String {
        try await text(
            of: ["actions", "workloads", "host_workloads", "terraform_leases", "terraform_states"],
            "(to_jsonb(t) - 'heartbeat_at')::text")
    }

    private func text(of tables: [String], _ line: SQL) async throws -> String {
        var text = ""
        for table in tables {
            let rows = try await administrator.query("SELECT " + line + " AS line FROM runner.\(identifier: table) AS t")
            for row in rows { text += try row.string("line") + "\n" }
        }
        return text
    }
}

/// One runner of a test: the room's parts, put together as the room does.
final class Runner: Sendable {
    let desk: ActionDesk
    let inspection: InspectionDesk
    let outbox: LogOutbox
    let workloads: WorkloadActions
    let masks = WorkloadMasks()
    let pump: OutputPump
    let services: ServiceGroup
    let pool: PostgresPool
    let socket: String
    let client: RoomClient

    fileprivate init(
        _ fixture: RunnerFixture, _ pool: PostgresPool, host: String, process: String, catalogue: DriverCatalogue,
        target: any DeployTarget, limits: ActionDesk.Limits, socket: String
    ) {
        let shelf = SecretShelf(broker: RoomClient(room: "broker", socket: fixture.brokerSocket))
        let logs = RoomClient(room: "logs", socket: fixture.logsSocket)
        let owner = ActionOwner(host: host, process: process)
        self.pool = pool
        self.socket = socket
        workloads = WorkloadActions(target: target, shelf: shelf, database: pool, masks: masks, host: host)
        outbox = LogOutbox(logs: logs, source: "\(owner)/drivers", logger: quiet)
        pump = OutputPump(
            target: target, workloads: workloads, logs: logs, database: pool, host: host, source: "\(owner)/containers",
            logger: quiet)
        desk = ActionDesk(
            database: pool,
            resources: ResourceActions(
                catalogue: catalogue, shelf: shelf, clock: Timestamp.now, randomBytes: SystemRandom.bytes,
                states: TerraformStates.ofActions(pool, shelf, owner: owner)),
            workloads: workloads, journal: DriverJournal(outbox: outbox, clock: Timestamp.now), owner: owner, limits: limits,
            logger: quiet)
        inspection = InspectionDesk(
            resources: ResourceInspection(
                catalogue: catalogue, shelf: shelf, clock: Timestamp.now, randomBytes: SystemRandom.bytes,
                states: TerraformStates.readOnly(pool, shelf)),
            workloads: WorkloadInspection(target: target, database: pool), slots: AsyncSlots(InspectionDesk.concurrent))
        services = ServiceGroup(services: [outbox, pump, desk], logger: quiet)
        client = RoomClient(room: "runner", socket: socket)
    }

    /// - Parameter wait: Seconds; nil: until it has ended, however busy the machine is.
    func order(
        _ work: ActionWork, verb: ActionVerb = .provision, deployment: String = "d1", node: String = RunnerFixture.node,
        attempt: Int = 1, fence: Int64 = 1, grant: String = "g", wait: Int? = nil, seen: String? = nil
    ) async throws(RoomError) -> ActionReply {
        let key = ActionKey(deploymentID: deployment, node: node, verb: verb, attempt: attempt)
        let request = ActionRequest(fence: fence, environment: RunnerFixture.environment, grant: grant, work: work)
        var seen = seen, left = wait == nil ? 6 : 1
        while true {
            let query = [("wait", "\(wait ?? 20)")] + (seen.map { [("seen", $0)] } ?? [])
            let reply: ActionReply = try await client.call(.put, key.path, query: query, body: request, timeout: .seconds(120))
            left -= 1
            if reply.state != .running || left == 0 { return reply }
            // What is known already is no reason to answer at once.
            seen = reply.progress ?? seen
        }
    }

    /// Orders until it has ended.
    func done(
        _ work: ActionWork, verb: ActionVerb = .provision, deployment: String = "d1", node: String = RunnerFixture.node,
        fence: Int64 = 1
    ) async throws -> ActionReply {
        try await eventually("the end of \(verb) \(node)") {
            let reply = try await self.order(work, verb: verb, deployment: deployment, node: node, fence: fence)
            return reply.state == .running ? nil : reply
        }
    }
}

/// The error of a call that must be refused.
func refusal(_ body: () async throws -> ActionReply) async throws -> RoomError {
    do {
        throw NotRefused(reply: try await body())
    } catch let error as RoomError {
        return error
    }
}

struct NotRefused: Error {
    let reply: ActionReply
}

extension ActionWork {
    static func resource(
        values: JSON = [:], secrets: JSON = [:], params: JSON = [:], slots: [SecretSlot] = [],
        driver: String = "martlet/scripted",
        drivers: [ResourceDriver]? = nil, type: String = "config"
    ) -> ActionWork {
        .resource(
            ResourceWork(
                identity: ResourceIdentity(type: type, id: "shared.db"), guResID: RunnerFixture.node, driverType: driver,
                drivers: drivers,
                inputs: ["params": params, "values": values, "secrets": secrets], slots: slots))
    }

    static func workload(_ objects: [JSON], slots: [SecretSlot] = [], id: String = "web") -> ActionWork {
        .workload(WorkloadWork(workloadID: id, objects: objects, slots: slots, timeoutSeconds: 60))
    }
}

extension SecretSlot {
    static func whole(_ pointer: String, _ ref: String, version: String? = nil) -> SecretSlot {
        SecretSlot(pointer: pointer, parts: [.reference(SecretReference(ref: ref, version: version))])
    }
}
