import FoundationEssentials
import Glibc
import PlatformModel
import Postgres
import TestSupport
import Testing

extension ApplianceTests {
    /// T10 of the acceptance list: the database's standby is promoted while work is under way. Of the slow lane: it waits for leases.
    @Suite(.enabled(if: ProcessInfo.processInfo.environment["MARTLET_FAULTS"]?.isEmpty == false)) struct PromotionTests {
        private static let values = 4

        private static func number(_ sql: SQL, _ connection: PostgresConnection) async throws -> Int {
            try await connection.query(sql).first?.int("number") ?? -1
        }

        /// As an administrator does it whose server is dead.
        private static func replace(_ dead: PostgresServer, by standby: PostgresServer, _ place: FaultPlace) async throws {
            try await dead.crash()
            try await standby.promote()
            for room in RoomName.allCases { try await place.appliance.untilReady(room) }
            try await place.reconnect()
        }

        private static func on(_ server: PostgresServer, _ statements: [SQL]) async throws {
            let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn()))
            for statement in statements { try await connection.execute(statement) }
            await connection.close()
        }

        /// Writes numbers one by one until the server is gone. The last that was acknowledged.
        private static func countUp(_ connection: PostgresConnection) async -> Int {
            var last = 0
            while true {
                do {
                    try await connection.execute("INSERT INTO fault_matrix.numbers (number) VALUES (\(last + 1))")
                    last += 1
                } catch { break }
            }
            return last
        }

        @Test func aStandbyTakesOver() async throws {
            let place = try await FaultPlace("p"), first = place.appliance.database, second = place.appliance.standby
            try await nothingAcknowledgedIsLost(place, from: first, to: second)
            try await whatIsLostIsFoundByItsKey(place, from: second, to: first)
            let last = try await place.life()
            try await last.expectSettled()
            #expect(place.problems + last.problems == [])
            #expect(try await FaultLife.tenantObjects(place.tenant) == place.before)
            try await place.end()
        }

        /// The standby follows at every commit: whatever anybody was told is done, is done there, too.
        private func nothingAcknowledgedIsLost(
            _ place: FaultPlace, from primary: PostgresServer, to standby: PostgresServer
        ) async throws {
            try await standby.follow(primary)
            try await Self.on(
                primary,
                [
                    "CREATE TABLE fault_matrix.numbers (number bigint)", "ALTER SYSTEM SET synchronous_standby_names = '*'",
                    "SELECT pg_reload_conf()",
                ])
            try await eventually("the standby to be a synchronous one") {
                try await Self.number(
                    "SELECT count(*) AS number FROM pg_stat_replication WHERE sync_state = 'sync'", place.database) == 1
            }
            var lives: [FaultLife] = []
            for _ in 1...4 { lives.append(try await place.life()) }
            let counting = try await PostgresConnection.connect(PostgresConfiguration(dsn: primary.dsn()))
            let begun: SQL = "SELECT count(*) AS number FROM orchestrator.steps WHERE state IN ('running', 'succeeded')"
            let before = try await Self.number(begun, place.database)
            let told = try await withThrowingTaskGroup(of: Int?.self) { group in
                for life in lives {
                    group.addTask {
                        try await life.born(values: Self.values)
                        return nil
                    }
                }
                group.addTask { await Self.countUp(counting) }
                group.addTask {
                    // In the middle of it.
                    try await eventually("work") {
                        try await Self.number(begun, place.database) > before + 4
                    }
                    try await Self.replace(primary, by: standby, place)
                    return nil
                }
                var told: Int?
                for try await found in group { told = found ?? told }
                return told ?? 0
            }
            await counting.close()
            #expect(told > 0)
            let kept = try await Self.number("SELECT count(*) AS number FROM fault_matrix.numbers", place.database)
            #expect(kept >= told, "\(told) were acknowledged, \(kept) are there")
            #expect(try await FaultLife.tenantObjects(place.tenant) == place.before.map { $0 + lives.count })
            for life in lives {
                try await life.deleted()
                place.note(life.problems)
            }
        }

        /// The standby had fallen behind: a deployment that nobody knows of any more, a step that is done and not on record, a deletion
        /// that has not happened. Each is seen, and nothing is made twice.
        private func whatIsLostIsFoundByItsKey(
            _ place: FaultPlace, from primary: PostgresServer, to standby: PostgresServer
        ) async throws {
            try await standby.follow(primary)
            let standing = try await place.life(), deleted = try await place.life(), forgotten = try await place.life(),
                under = try await place.life()
            for life in [standing, deleted] { try await life.born(values: Self.values) }
            for life in [forgotten, under] { try await life.create() }
            let faults = place.appliance.faults
            try faults.arm([Fault(point: "runner.beforeEffect", kind: .stop)])
            let begun = try await under.start("deploys", ["delta_id": .string(try await under.resources(Self.values))])
            let pid: pid_t = try await eventually("the runner to stand still") {
                try faults.hits(of: "runner.beforeEffect").first?.pid
            }
            try await Self.cut(standby, from: primary)
            // From here on the standby hears nothing.
            try faults.disarm()
            kill(pid, SIGCONT)
            #expect(try await under.end(of: begun) == "succeeded")
            let lost = try await forgotten.start("deploys", ["delta_id": .string(try await forgotten.resources(Self.values))])
            #expect(try await forgotten.end(of: lost) == "succeeded")
            try await deleted.deleted()
            let objects = try await FaultLife.tenantObjects(place.tenant)
            #expect(objects == place.before.map { $0 + 3 })

            try await Self.replace(primary, by: standby, place)

            // A step that is on record as begun: it ends, and made nothing twice.
            #expect(try await under.end(of: begun) == "succeeded")
            #expect(place.appliance.folder.read("orchestrator.log")?.contains("looked for by its key") == true)
            #expect(try await place.appliance.call("GET", "\(forgotten.path)/deploys/\(lost)").status == 404)
            try await forgotten.deployResources(Self.values)
            #expect(try await FaultLife.tenantObjects(place.tenant) == objects)
            // Everything is looked at, though no schedule says so.
            #expect(try await Self.totals(standing)["drifted"] == 0)
            let gone = try await Self.totals(deleted)
            #expect(gone["missing"] == 1 && gone["drifted"] == 0, "\(gone)")
            for life in [standing, deleted, forgotten, under] {
                try await life.deleted()
                place.note(life.problems)
            }
        }

        /// Ends the stream.
        private static func cut(_ standby: PostgresServer, from primary: PostgresServer) async throws {
            try await on(standby, ["ALTER SYSTEM SET primary_conninfo = ''", "SELECT pg_reload_conf()"])
            let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: primary.dsn()))
            try await eventually("the end of the stream") {
                try await number("SELECT count(*) AS number FROM pg_stat_replication", connection) == 0
            }
            await connection.close()
        }

        /// What the look finds that nobody asked for.
        private static func totals(_ life: FaultLife) async throws -> [String: Int] {
            let report: JSON = try await eventually(within: .seconds(120), every: FaultLife.pause, "the report of \(life.env)") {
                try await life.list("drift-reports").first { $0["status"] == "succeeded" && $0["origin"] == "schedule" }
            }
            #expect(report["created_by"] == "another database server")
            return (report["totals"]?.object ?? [:]).compactMapValues(\.int)
        }
    }
}
