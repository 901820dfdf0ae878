import FoundationEssentials
import Glibc
import PlatformModel
import Postgres
import TestSupport
import Testing

extension ApplianceTests {
    /// T9 and T11 of the acceptance list: what is killed, and when, is chance. `MARTLET_CHAOS` says for how many seconds, and how
    /// often PostgreSQL (a thirtieth of it, at least twice).
    @Suite struct ChaosTests {
        private static let seconds = ProcessInfo.processInfo.environment["MARTLET_CHAOS"].flatMap { Int($0) } ?? 15
        /// Values of an environment, besides its database: a chain, and as many that wait for nothing.
        private static let values = 8

        private static func databases(_ tenant: PostgresConnection) async throws -> Int {
            try await FaultLife.tenantObjects(tenant).first ?? -1
        }

        /// Two orchestrators and two runners on one database, killed and halted by chance, while environments are made and deleted.
        @Test func twoOfEachWithRandomKills() async throws {
            let place = try await FaultPlace("c")
            let appliance = place.appliance, before = try await FaultLife.tenantObjects(place.tenant)
            let runner = try await FurtherRoom(.runner, appliance)
            let orchestrator = try await FurtherRoom(.orchestrator, appliance, runner: runner.socketPath)
            let end = ContinuousClock.now + .seconds(Self.seconds), lives = Counter(), kills = Counter(), halts = Counter()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 1...4 {
                    group.addTask {
                        while ContinuousClock.now < end {
                            let life = try await place.life()
                            try await life.bornAndDeleted(values: Self.values)
                            lives.next()
                            place.note(life.problems)
                        }
                    }
                }
                group.addTask {
                    while ContinuousClock.now < end {
                        let next = ContinuousClock.now + .milliseconds(Int.random(in: 200...1500))
                        try await eventually("the next kill") { ContinuousClock.now > next }
                        let further = Bool.random() ? [orchestrator, runner].randomElement() : nil
                        // In the long form the others, too, whom those two ask.
                        let rooms =
                            Self.seconds > 60 && Int.random(in: 0..<4) == 0 ? RoomName.allCases : [.orchestrator, .runner]
                        let room = further?.room ?? rooms.randomElement() ?? .runner
                        let pid = try further?.pid ?? appliance.process(room).pid
                        if Int.random(in: 0..<4) == 0 {
                            // Past its lease: somebody else does its work, and it comes back (T7).
                            halts.next()
                            kill(pid, SIGSTOP)
                            let awake = ContinuousClock.now + .milliseconds(2600)
                            try await eventually("the end of the lease") { ContinuousClock.now > awake }
                            kill(pid, SIGCONT)
                        } else {
                            kills.next()
                            kill(pid, SIGKILL)
                            if let further { try await further.revive() } else { try await appliance.revive(room) }
                        }
                    }
                }
                try await group.waitForAll()
            }
            print(
                "   \(lives.count) environments made and deleted, \(kills.count) kills, \(halts.count) halts in \(Self.seconds) s"
            )
            let last = try await place.life()
            try await last.expectSettled()
            #expect(place.problems + last.problems == [])
            #expect(try await FaultLife.tenantObjects(place.tenant) == before, "databases and roles")
            try await orchestrator.end()
            try await runner.end()
            try await place.end()
        }

        /// PostgreSQL is killed under load, again and again: what is recorded as done is what stands, every time; and the programs are
        /// ready again by themselves within 10 s.
        @Test func postgresIsKilledUnderLoad() async throws {
            let place = try await FaultPlace("c")
            let appliance = place.appliance, before = try await Self.databases(place.tenant)
            let rounds = max(2, Self.seconds / 30)
            var standing: [FaultLife] = [], problems: [String] = [], slowest = Duration.zero
            for round in 1...rounds {
                var born: [FaultLife] = []
                for _ in 1...6 { born.append(try await place.life()) }
                let back = try await withThrowingTaskGroup(of: Duration?.self) { [standing] group in
                    for life in born {
                        group.addTask {
                            try await life.born(values: Self.values)
                            return nil
                        }
                    }
                    for life in standing {
                        group.addTask {
                            try await life.deleted()
                            return nil
                        }
                    }
                    group.addTask {
                        let now = ContinuousClock.now + .milliseconds(Int.random(in: 50...1500))
                        try await eventually("the kill") { ContinuousClock.now > now }
                        return try await Self.killDatabase(appliance)
                    }
                    var back: Duration?
                    for try await found in group { back = found ?? back }
                    return back
                }
                slowest = max(slowest, back ?? .zero)
                problems += (born + standing).flatMap(\.problems).map { "round \(round): \($0)" }
                try await place.reconnect()
                let recorded = try await place.database.query(
                    """
                    SELECT count(*) AS count FROM orchestrator.active_resources
                    WHERE app_id = 'matrix' AND type = 'postgres' AND status = 'active'
                    """)
                let made = try await Self.databases(place.tenant) - before
                #expect(try recorded.first?.int("count") == made && made == born.count, "round \(round)")
                standing = born
            }
            print("   PostgreSQL killed \(rounds) times; the programs were ready again after \(slowest) at most")
            #expect(slowest < .seconds(10))
            #expect(problems == [])
            for life in standing { try await life.deleted() }
            #expect(try await Self.databases(place.tenant) == before)
            let last = try await place.life()
            try await last.expectSettled()
            #expect(last.problems == [])
            try await place.end()
        }

        /// Kills the server and starts it again: how long until all programs are ready.
        private static func killDatabase(_ appliance: Appliance) async throws -> Duration {
            try await appliance.database.crash()
            try await appliance.database.start()
            let begun = ContinuousClock.now
            for room in RoomName.allCases { try await appliance.untilReady(room) }
            return ContinuousClock.now - begun
        }
    }
}
