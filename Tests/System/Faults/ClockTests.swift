import Glibc
import PlatformModel
import Postgres
import TestSupport
import Testing

extension ApplianceTests {
    /// T12 of the acceptance list: the clock of one program jumps. Leases and tokens go by the database's clock.
    @Suite(.enabled(if: WrongClock.isAvailable)) struct ClockTests {
        private static let hour = 3600, year = 365 * 24 * 3600

        /// Seconds of processor time that a process has had.
        private static func work(_ pid: pid_t) async throws -> Int {
            let run = try await CommandRun(["ps", "-o", "cputimes=", "-p", "\(pid)"])
            return Int(run.output.filter(\.isNumber)) ?? 0
        }

        @Test func noLeaseIsTakenEarlyAndNoTimerStorms() async throws {
            let appliance = try await Appliance.shared(), tenant = try await appliance.tenant.superuser()
            let database = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
            try await FaultLife.watchFences(database)
            try await FaultLife.prepare(appliance)
            let clock = try await WrongClock()
            let second = try await FurtherRoom(.orchestrator, appliance, environment: clock.environment)
            for (number, offset) in [Self.hour, -Self.hour, Self.year, -Self.year].enumerated() {
                let lives = [
                    try await FaultLife("t\(number)a", .crash, appliance, tenant: tenant, database: database),
                    try await FaultLife("t\(number)b", .crash, appliance, tenant: tenant, database: database),
                ]
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for life in lives { group.addTask { try await life.bornAndDeleted(values: 6) } }
                    // In the middle of it.
                    try clock.jump(by: offset)
                    try await group.waitForAll()
                }
                try await lives[0].expectSettled()
                #expect(lives.flatMap(\.problems) == [], "\(offset) s")
            }
            let first = try await Self.work(try appliance.process(.orchestrator).pid), jumping = try await Self.work(second.pid)
            #expect(jumping <= 3 * first + 5, "\(jumping) s of processor time, where the other orchestrator took \(first)")
            try await second.end()
            try await FaultLife.unwatchFences(database)
            try await FaultLife.leave(appliance)
            await database.close()
            await tenant.close()
        }

        /// Its gateway an hour late or early: a token that has ended stays so, one that has not is let in.
        @Test func noTokenIsRevived() async throws {
            let appliance = try await Appliance.shared()
            let made = try await appliance.must(201, "POST", "/orgs/acme/tokens", ["name": "clock", "org_role": "member"])
            let id = try #require(made["id"]?.string), token = try #require(made["token"]?.string)
            try await appliance.must(200, "GET", "/current-user", token: token)
            let database = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
            let ended = try await database.execute(
                """
                UPDATE gateway.tokens
                SET created_at = created_at - interval '1 day', expires_at = clock_timestamp() - interval '1 minute'
                WHERE id = \(id)
                """)
            #expect(ended == 1)
            await database.close()
            let clock = try await WrongClock()
            for offset in [-Self.hour, Self.hour] {
                _ = try await appliance.end(.gateway, SIGTERM)
                try clock.jump(by: offset)
                try appliance.start(.gateway, environment: clock.environment)
                try await appliance.untilReady(.gateway)
                #expect(try await appliance.call("GET", "/current-user", token: token).status == 401, "\(offset) s")
                try await appliance.must(200, "GET", "/orgs/acme/apps")
            }
            try await appliance.restart(.gateway)
        }
    }
}
