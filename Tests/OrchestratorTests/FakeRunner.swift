import HTTPTypes
import Hummingbird
import PlatformModel
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Synchronization

/// A runner that keeps its orders and does nothing. Unless the test says otherwise every order succeeds: a postgres has a secret
/// password, everything else gives back the values that it was given.
final class FakeRunner: Sendable {
    struct Order: Sendable {
        var key: ActionKey
        var request: ActionRequest

        var resource: ResourceWork? { if case .resource(let work) = request.work { work } else { nil } }
        var workload: WorkloadWork? { if case .workload(let work) = request.work { work } else { nil } }

        /// `provision postgres`, `deploy web`, `remove environment`.
        var words: String {
            switch request.work {
            case .resource(let work): "\(key.verb.rawValue) \(work.identity.type)"
            case .workload(let work): "\(key.verb.rawValue) \(work.workloadID)"
            case .environment: "\(key.verb.rawValue) environment"
            }
        }
    }

    typealias Performance = @Sendable (Order) async throws -> ActionReply

    typealias Inspection = @Sendable (InspectionRequest) async throws -> InspectionReply

    let room = FakeRoom()
    private let log = Mutex<[Order]>([])
    private let looks = Mutex<[InspectionRequest]>([])
    private let inspection = Mutex<Inspection> { request in
        InspectionReply(
            resources: request.resources.map { _ in InspectionFinding(.inSync) },
            workloads: request.workloads.map { _ in InspectionFinding(.inSync) })
    }
    private let told = Mutex<[ActionStop]>([])
    private let end = Mutex<@Sendable (ActionStop) -> ActionReply> {
        FakeRunner.failure("RUN-011", "\($0.reason), while it was carried out")
    }
    private let interception = Mutex<@Sendable (FakeRoom.Received) throws -> Response?> { _ in nil }
    /// Nil: success.
    private let performance = Mutex<Performance?>(nil)

    init() {
        room.answers { received, _ in
            if let answer = try self.interception.withLock({ $0 })(received) { return answer }
            if received.method == .post, received.segments.last == "inspections" {
                let request: InspectionRequest = try received.decode()
                self.looks.withLock { $0.append(request) }
                return try .json(try await self.inspection.withLock { $0 }(request))
            }
            if received.method == .post, received.path == "/v1/environments/end" { return .empty() }
            if received.method == .delete, received.path.hasPrefix("/v1/orgs/") { return .empty() }
            if received.method == .post, received.path.hasSuffix("/stop") {
                let stop: ActionStop = try received.decode()
                self.told.withLock { $0.append(stop) }
                return try .json(self.end.withLock { $0 }(stop))
            }
            if received.method == .put, received.path == ActionKey.batchPath {
                let batch: ActionOrder.Batch = try received.decode()
                return try .json(ActionOrder.Replies(batch.orders.map(self.reply(atOnce:))))
            }
            let order = try Self.order(received)
            self.log.withLock { $0.append(order) }
            let performance = self.performance.withLock { $0 }
            let reply = try await performance?(order) ?? FakeRunner.success(of: order)
            return try .json(reply, status: reply.state == .running ? .accepted : .ok)
        }
    }

    var orders: [Order] { log.withLock { $0 } }
    var words: [String] { orders.map(\.words) }
    /// What it was told to stop; it does at once.
    var stops: [ActionStop] { told.withLock { $0 } }

    var inspections: [InspectionRequest] { looks.withLock { $0 } }

    /// What it finds from now on.
    func finds(_ inspection: @escaping Inspection) { self.inspection.withLock { $0 = inspection } }

    static let away = HTTPFailure.unavailable("away")
    /// It is there, and does not know what became of the order.
    static let broken = HTTPFailure(.internalServerError, "internal", "the request could not be answered")

    /// What it says of orders that it is told to stop.
    func stops(with end: @escaping @Sendable (ActionStop) -> ActionReply) { self.end.withLock { $0 = end } }

    /// What it answers from now on, whatever else the test says; nil: the rest counts.
    func intercepts(_ interception: @escaping @Sendable (FakeRoom.Received) throws -> Response?) {
        self.interception.withLock { $0 = interception }
    }

    func forget() { log.withLock { $0 = [] } }

    /// What it does from now on; nil for success.
    func performs(_ performance: Performance? = nil) {
        self.performance.withLock { $0 = performance }
    }

    /// From now on orders wait at the gate until it is opened, and then succeed.
    ///
    /// - Parameter isHeld: which of them; all unless the test says otherwise.
    func holds(_ isHeld: @escaping @Sendable (Order) -> Bool = { _ in true }) -> Gate {
        let gate = Gate()
        performs { order in
            if isHeld(order) { try await gate.pass() }
            return FakeRunner.success(of: order)
        }
        return gate
    }

    /// From now on these orders are worked on and do not end by themselves; the others succeed.
    func works(_ isEndless: @escaping @Sendable (Order) -> Bool) {
        performs { order in
            guard isEndless(order) else { return FakeRunner.success(of: order) }
            try await Task.sleep(for: .milliseconds(50))  // As the runner does, which keeps its answer back for a while.
            return ActionReply(state: .running)
        }
    }

    /// An order of a batch; where the test says what happens, it is to be asked for by itself.
    private func reply(atOnce order: ActionOrder) -> ActionReply {
        guard performance.withLock({ $0 }) == nil else { return ActionReply(state: .running) }
        let order = Order(key: order.key, request: order.request)
        log.withLock { $0.append(order) }
        return FakeRunner.success(of: order)
    }

    static func success(of order: Order) -> ActionReply {
        guard order.key.verb == .provision, let work = order.resource else { return ActionReply(state: .succeeded) }
        guard work.identity.type == "postgres" else {
            return ActionReply(state: .succeeded, outputs: ActionOutputs(values: work.inputs["values"] ?? [:]))
        }
        return ActionReply(
            state: .succeeded,
            outputs: ActionOutputs(
                values: ["host": "db.internal", "port": 5432, "name": "shop", "username": "shop"],
                secretRefs: ["password": ["store": "built-in", "ref": .string(password(of: work)), "version": "1"]]))
    }

    static func password(of work: ResourceWork) -> String { "resources/\(work.guResID)/password" }

    static func failure(_ code: String, _ message: String) -> ActionReply {
        ActionReply(state: .failed, failure: ActionFailure(code: code, message: message, retryable: false))
    }

    static let fenced = HTTPFailure(.conflict, "fenced", "a higher fence was seen")

    private static func order(_ received: FakeRoom.Received) throws -> Order {
        let parts = received.segments.map(String.init)
        guard received.method == .put, parts.count == 6, parts[1] == "actions", let verb = ActionVerb(rawValue: parts[4]),
            let attempt = Int(parts[5])
        else { throw HTTPFailure.notFound("there is no such route: \(received.path)") }
        return Order(
            key: ActionKey(deploymentID: parts[2], node: parts[3], verb: verb, attempt: attempt), request: try received.decode())
    }
}
