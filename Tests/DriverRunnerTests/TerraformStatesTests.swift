import Cryptography
import Drivers
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import DriverRunner
@testable import SecretBroker

/// States of Terraform in a real database, sealed by the real broker.
@Suite(.timeLimit(.minutes(2)))
struct TerraformStatesTests {
    private static let node = RunnerFixture.node
    private static let state = Array(#"{"version":4,"serial":1,"outputs":{"p":{"value":"correct-horse","sensitive":true}}}"#.utf8)

    private struct Bench: Sendable {
        let administrator: PostgresPool
        let pool: PostgresPool
        let shelf: SecretShelf
        let broker: RoomClient

        func states(fence: Int64 = 1, leaseSeconds: Double = 60, isOurs: Bool = true, grant: String = "g") -> TerraformStates {
            var states = TerraformStates(
                database: pool, shelf: shelf, environment: RunnerFixture.environment, node: node,
                path: TerraformStates.path(of: node, in: RunnerFixture.environment), grant: grant, fence: fence,
                isOurs: { _ in isOurs })
            states.leaseSeconds = leaseSeconds
            return states
        }
    }

    private static func with(_ body: @escaping @Sendable (Bench) async throws -> Void) async throws {
        let database = try await PrivatePostgres.database()
        let folder = try TemporaryFolder("states")
        let socket = folder.file("broker.sock")
        try await PostgresPool.with(database.configuration(), logger: quiet) { administrator in
            try await PostgresPool.with(database.configuration(role: "martlet_broker"), logger: quiet) { brokerPool in
                try await PostgresPool.with(database.configuration(role: "martlet_runner"), logger: quiet) { pool in
                    let router = RoomRouter()
                    let keys = try RootKeys(current: SecretBytes([UInt8](repeating: 7, count: 32)))
                    BrokerRoom.addRoutes(to: router, database: brokerPool, rootKeys: keys)
                    let orders = RoomRouter()
                    GrantRoutes(grants: GrantDesk(database: brokerPool)).add(to: orders)
                    let rooms = [(router, socket, "runner"), (orders, folder.file("orders.sock"), "orchestrator")]
                    try await RunnerFixture.serving(rooms) {
                        try await RoomClient(room: "broker", socket: folder.file("orders.sock")).send(
                            .put, "/v1/grants/g",
                            body: Grant(orgID: "acme", reads: [], writePrefix: RunnerFixture.prefix, standing: false))
                        let broker = RoomClient(room: "broker", socket: socket)
                        try await body(
                            Bench(administrator: administrator, pool: pool, shelf: SecretShelf(broker: broker), broker: broker))
                    }
                }
            }
        }
    }

    private func refusal(_ body: () async throws(StateRefusal) -> Void) async -> String {
        do throws(StateRefusal) {
            try await body()
            return "done"
        } catch {
            return switch error {
            case .fenced: "fenced"
            case .locked(let lock): "locked \(lock.id)"
            case .notHeld: "not held"
            case .unusable: "unusable"
            case .unavailable: "unavailable"
            }
        }
    }

    @Test func whatIsWrittenIsReadBackAndIsCiphertextInTheDatabase() async throws {
        try await Self.with { bench in
            let states = bench.states()
            #expect(try await states.read() == nil)
            let run = try await states.begin()
            try await states.lock(StateLock(id: "l1", info: #"{"ID":"l1"}"#), run: run)
            try await states.write(Self.state, lockID: "l1", run: run)
            #expect(try await states.read() == Self.state)
            let dump = try await bench.administrator.query(
                "SELECT string_agg(s::text, ' ') || (SELECT string_agg(l::text, ' ') FROM runner.terraform_leases l) AS all FROM runner.terraform_states s"
            )
            let text = try #require(try dump.first?.string("all"))
            #expect(!text.contains("correct-horse") && !text.contains(Base64.encode(Array("correct-horse".utf8)).prefix(12)))

            for number in 2...25 {
                try await states.write(Array(#"{"version":4,"serial":\#(number)}"#.utf8), lockID: "l1", run: run)
            }
            #expect(try await states.read() == Array(#"{"version":4,"serial":25}"#.utf8))
            let kept = try await bench.administrator.query(
                "SELECT min(version) AS low, count(*) AS n FROM runner.terraform_states")
            #expect(try kept.first?.int("n") == Int(StateLimits.versions) && kept.first?.int("low") == 6)

            try await states.unlock(id: "l1", run: run)
            try await states.clear(run: run)
            #expect(try await states.read() == nil)
            #expect(
                await refusal { () throws(StateRefusal) in try await states.write(Self.state, lockID: nil, run: run) } == "fenced"
            )
        }
    }

    /// What detached resources left behind goes with their environment, and nobody else's does.
    @Test func whatIsLeftGoesWithItsEnvironment() async throws {
        try await Self.with { bench in
            let states = bench.states(), run = try await states.begin()
            try await states.lock(StateLock(id: "l1", info: "{}"), run: run)
            try await states.write(Self.state, lockID: "l1", run: run)
            for env in ["other", RunnerFixture.environment.envID] {
                var environment = RunnerFixture.environment
                environment.envID = env
                try await bench.pool.withOrg("acme") { [environment] in try await TerraformStateStore.forget(environment, $0) }
                #expect(try await states.read() == (env == "other" ? Self.state : nil))
            }
            let left = try await bench.administrator.query("SELECT count(*) AS n FROM runner.terraform_leases")
            #expect(try left.first?.int("n") == 0)
        }
    }

    @Test func aLaterRunFencesTheEarlierOne() async throws {
        try await Self.with { bench in
            let old = bench.states(fence: 5), new = bench.states(fence: 6)
            let first = try await old.begin()
            try await old.lock(StateLock(id: "old", info: "{}"), run: first)
            try await old.write(Self.state, lockID: "old", run: first)
            let second = try await new.begin()
            #expect(second > first)
            #expect(
                await refusal { () throws(StateRefusal) in try await old.write(Self.state, lockID: "old", run: first) }
                    == "fenced")
            #expect(
                await refusal { () throws(StateRefusal) in try await old.write(Self.state, lockID: nil, run: first) } == "fenced")
            #expect(await refusal { () throws(StateRefusal) in try await old.renew(run: first) } == "fenced")
            #expect(
                await refusal { () throws(StateRefusal) in _ = try await old.begin() } == "fenced", "a lower fence begins nothing"
            )
            #expect(
                await refusal { () throws(StateRefusal) in
                    try await new.lock(StateLock(id: "new", info: "{}"), run: second)
                } == "locked old", "the earlier process may be at work still")
            #expect(
                await refusal { () throws(StateRefusal) in try await new.write(Self.state, lockID: "new", run: second) }
                    == "not held")
            #expect(
                await refusal { () throws(StateRefusal) in try await new.clear(run: second) } == "locked old",
                "what the earlier one may make still is not forgotten")
            try await bench.administrator.execute(
                "UPDATE runner.terraform_leases SET lock_expires_at = clock_timestamp() - interval '1 second'")
            try await new.lock(StateLock(id: "new", info: "{}"), run: second)
            try await new.write(Self.state, lockID: "new", run: second)
            #expect(await refusal { () throws(StateRefusal) in try await old.clear(run: first) } == "fenced")

            // Destroyed and made again, the numbers go on: a run of before is not taken for one of now.
            try await new.clear(run: second)
            let third = try await bench.states(fence: 1).begin()
            #expect(third > second)
            #expect(
                await refusal { () throws(StateRefusal) in try await new.write(Self.state, lockID: nil, run: second) } == "fenced"
            )
        }
    }

    @Test func theLockIsALeaseThatIsRenewed() async throws {
        try await Self.with { bench in
            let first = bench.states(leaseSeconds: 1), second = bench.states()
            let run = try await first.begin()
            try await first.lock(StateLock(id: "a", info: "{}"), run: run)
            try await first.lock(StateLock(id: "a", info: "{}"), run: run)
            #expect(
                await refusal { () throws(StateRefusal) in try await first.lock(StateLock(id: "b", info: "{}"), run: run) }
                    == "locked a")
            try await first.renew(run: run)
            let later = try await second.begin()
            try await eventually("the lease ends") {
                await refusal { () throws(StateRefusal) in try await second.lock(StateLock(id: "c", info: "{}"), run: later) }
                    == "done"
            }
            #expect(await refusal { () throws(StateRefusal) in try await second.unlock(id: "x", run: later) } == "locked c")
        }
    }

    @Test func whoHasNotTheActionOrTheGrantBeginsNothing() async throws {
        try await Self.with { bench in
            #expect(await refusal { () throws(StateRefusal) in _ = try await bench.states(isOurs: false).begin() } == "fenced")
            let states = bench.states()
            let run = try await states.begin()
            try await states.write(Self.state, lockID: nil, run: run)
            #expect(
                await refusal { () throws(StateRefusal) in _ = try await bench.states(grant: "other").read() } == "unavailable")
            let large = [UInt8](repeating: 0x20, count: StateLimits.maximumBytes + 1)
            #expect(
                await refusal { () throws(StateRefusal) in try await states.write(large, lockID: nil, run: run) } == "unusable")
            // Moved to another version, it does not open.
            try await bench.administrator.execute("UPDATE runner.terraform_states SET version = 9")
            #expect(await refusal { () throws(StateRefusal) in _ = try await states.read() } == "unavailable")
        }
    }
}
