import Drivers
import PlatformModel
import PureDrivers
import Synchronization
import TestSupport
import Testing

/// What a plan shows before anything is made: the real `terraform plan`.
@Suite(.timeLimit(.minutes(10)), .enabled(if: TerraformResource.isAvailable, "needs root, bubblewrap and terraform"))
struct TerraformEffectsTests {
    private let bench = DriverBench()

    private func words(_ effects: PlannedEffects?) -> [String] {
        (effects?.effects ?? []).map { "\($0.action.rawValue) \($0.object)" }.sorted()
    }

    @Test func eachActionIsToldAndNothingIsKept() async throws {
        let resource = try await TerraformResource()
        let driver = resource.driver()
        func effects(_ action: ForeseenAction, _ request: DriverRequest) async throws -> PlannedEffects {
            let writes = resource.states.writes
            let effects = try #require(try await driver.effects(of: action, request, bench.looking))
            #expect(effects.isKnown && resource.states.writes == writes && !resource.states.isLocked)
            return effects
        }
        // Nothing stands yet.
        let first = try await effects(.provision, resource.request())
        #expect(words(first) == ["create terraform_data.box", "create terraform_data.key"] && first.create == 2)
        #expect(try await effects(.destroy, resource.request()) == PlannedEffects())
        _ = try await driver.provision(resource.request(), bench.context)
        // It stands.
        #expect(try await effects(.provision, resource.request()) == PlannedEffects())
        let larger = try await effects(.provision, resource.request(size: 5))
        #expect(words(larger) == ["update terraform_data.box"] && larger.update == 1)
        let other = resource.request(secrets: ["variables": ["password": "another-horse"]])
        let replaced = try await effects(.provision, other)
        #expect(words(replaced) == ["replace terraform_data.key"] && replaced.replace == 1)
        // By another definition: whatever stands is gone by then.
        #expect(words(try await effects(.anew, other)) == ["create terraform_data.box", "create terraform_data.key"])
        let gone = try await effects(.destroy, resource.request())
        #expect(words(gone) == ["delete terraform_data.box", "delete terraform_data.key"] && gone.delete == 2)
        // What the code has no more is deleted, what it does not own any more is forgotten, what is renamed is moved.
        let script = """
            variable "size" { type = number }
            variable "password" { sensitive = true }
            removed {
              from = terraform_data.key
              lifecycle { destroy = false }
            }
            moved {
              from = terraform_data.box
              to   = terraform_data.crate
            }
            resource "terraform_data" "crate" { input = "box-${var.size}" }

            """
        let renamed = try await effects(.provision, resource.request(script))
        #expect(words(renamed) == ["forget terraform_data.key", "move terraform_data.crate"])
        #expect(renamed.create + renamed.update + renamed.replace + renamed.delete == 0)
        #expect(!bench.lines.joined().contains("horse"))
    }

    /// Nothing real changes, and yet what is handed on does.
    @Test func outputsThatAloneChangeAreTold() async throws {
        let resource = try await TerraformResource()
        let driver = resource.driver()
        _ = try await driver.provision(resource.request(), bench.context)
        let script = TerraformResource.box
            .replacing("output \"size\" { value = var.size }", with: "output \"size\" { value = var.size + 1 }")
            .replacing("output \"name\"", with: "output \"called\"")
        let effects = try await driver.effects(of: .provision, resource.request(script), bench.looking)
        #expect(words(effects) == ["create output.called", "delete output.name", "update output.size"])
        guard case .update(let changes) = try await driver.plan(resource.request(script), bench.looking) else {
            Issue.record("a look does not tell")
            return
        }
        #expect(changes.map(\.path).sorted() == ["output.called", "output.name", "output.size"])
        #expect(try await driver.plan(resource.request(), bench.looking) == .none)
    }

    @Test func aMistakeIsToldBeforeItIsMade() async throws {
        let resource = try await TerraformResource()
        let request = DriverBench.request(values: ["script": "resource \"terraform_data\" \"a\" {\n  inptu = 1\n}\n"])
        do {
            _ = try await resource.driver().effects(of: .provision, request, bench.looking)
            Issue.record("it was foreseen")
        } catch {
            #expect(error.code == "DRV-705" && error.message.contains("main.tf"), "\(error)")
        }
    }

    /// Whoever waits no more is not kept waiting: a look has nothing to save.
    @Test func aLookThatIsCancelledEndsAtOnce() async throws {
        var resource = try await TerraformResource()
        resource.settings.graceSeconds = 300
        let shelf = SilentShelf()
        let driver = WithStates(
            driver: TerraformDriver(sandbox: resource.sandbox, settings: resource.settings), states: shelf)
        let request = resource.request()
        let work = Task { try await driver.effects(of: .provision, request, bench.looking) }
        try await eventually("the state is asked for") { shelf.wasAsked }
        work.cancel()
        let begun = ContinuousClock.now
        _ = await work.result
        #expect(ContinuousClock.now - begun < .seconds(60))
    }
}

/// Never answers what it is asked, until whoever asked waits no more.
private final class SilentShelf: StateShelf {
    private let asked = Mutex(false)
    let leaseSeconds = 15.0

    var wasAsked: Bool { asked.withLock { $0 } }

    func read() async throws(StateRefusal) -> [UInt8]? {
        asked.withLock { $0 = true }
        try? await Task.sleep(for: .seconds(600))  // Holds the answer open until it is cancelled.
        return nil
    }

    func begin() async throws(StateRefusal) -> Int64 { throw .unavailable("silent") }
    func lock(_ lock: StateLock, run: Int64) async throws(StateRefusal) {}
    func unlock(id: String, run: Int64) async throws(StateRefusal) {}
    func renew(run: Int64) async throws(StateRefusal) {}
    func write(_ state: [UInt8], lockID: String?, run: Int64) async throws(StateRefusal) {}
    func clear(run: Int64) async throws(StateRefusal) {}
}
