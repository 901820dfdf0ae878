import Drivers
import PlatformModel
import PureDrivers
import Synchronization
import TestSupport

/// A driver that does what the test says, and keeps what it was asked.
final class ScriptedDriver: Driver {
    typealias Script = @Sendable (DriverRequest, DriverContext) async throws(DriverError) -> DriverResult

    let name = "scripted"
    let canFind: Bool
    private let script: Script
    private let log = Mutex<(provisions: [DriverRequest], destroys: [DriverRequest])>(([], []))

    init(canFind: Bool = true, _ script: @escaping Script = { _, _ throws(DriverError) in DriverResult() }) {
        self.canFind = canFind
        self.script = script
    }

    var calls: [DriverRequest] { log.withLock(\.provisions) }
    var destroys: [DriverRequest] { log.withLock(\.destroys) }

    func check(_ request: DriverRequest) -> [Problem] {
        guard request.values["wrong"] != nil else { return [] }
        return [
            Problem(code: "DRV-900", path: "driver_inputs.values.wrong", message: "must not be there"),
            Problem(code: "DRV-901", path: "driver_inputs.values.host", message: "is missing"),
        ]
    }

    func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        log.withLock { $0.provisions.append(request) }
        return try await script(request, context)
    }

    func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        log.withLock { $0.destroys.append(request) }
    }

    func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding { .cannotTell }
}

/// Something that a test opens, and a driver waits for.
final class Gate: Sendable {
    private let state = Mutex(false)

    var isOpen: Bool { state.withLock { $0 } }
    func open() { state.withLock { $0 = true } }

    /// Waits, and as a driver does speaks of a cancellation as of a failure.
    func pass() async throws(DriverError) {
        do {
            try await eventually("the gate") { self.isOpen }
        } catch {
            throw DriverError(code: "DRV-999", message: "the connection was lost", kind: .failed)
        }
    }

    /// Waits, deaf to cancellation.
    func passDeaf() async {
        let task = Task { try? await self.pass() }  // Unstructured: what makes it deaf.
        await task.value
    }
}
