import Glibc
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

extension ApplianceTests {
    /// SIGTERM: what runs is answered, what comes waits in the socket for the next process.
    @Suite struct DrainTests {
        /// A request that stops at a table of the room, which somebody has locked.
        private struct Held: Sendable {
            var table: String
            /// How its statement there begins: other requests and the room's own tasks may wait at the table, too.
            var statement = ""
            var path: String
            /// As whom it comes to the room's socket; nil: through the gateway.
            var caller: RoomName?
            var method = "GET"
            var body: JSON?
            /// One of these is the answer.
            var statuses: Set<String> = ["200"]
        }

        private static let node = "0123456789012345678901234567890123456789"

        private static let held: [RoomName: Held] = [
            // Whoever asks is known from a moment ago, and costs no look.
            .gateway: Held(table: "gateway.invitations", statement: "SELECT", path: "/orgs/acme/invitations"),
            .orchestrator: Held(table: "orchestrator.applications", statement: "SELECT *", path: "/orgs/acme/apps"),
            .logs: Held(table: "logs.entries", statement: "SELECT", path: "/orgs/acme/apps/drain/envs/development/logs"),
            .broker: Held(
                table: "broker.secrets", path: "/v1/secrets/write", caller: .orchestrator, method: "POST",
                body: try? JSON(
                    encoding: SecretWriteRequest(
                        grant: nil, orgID: "acme", path: "orgs/acme/definitions/drain/x", value: "1", ifAbsent: false)),
                statuses: ["201"]),
            .runner: Held(
                table: "runner.actions", statement: "INSERT", path: "/v1/actions/drain/\(node)/provision/1?wait=10",
                caller: .orchestrator,
                method: "PUT",
                body: try? JSON(
                    encoding: ActionRequest(
                        fence: 1,
                        environment: EnvironmentContext(
                            orgID: "acme", appID: "drain", envID: "development", envType: "development"),
                        grant: "none",
                        work: .resource(
                            ResourceWork(
                                identity: ResourceIdentity(type: "config", id: "modules.x.externals.y"), guResID: node,
                                driverType: "martlet/echo",
                                inputs: ["params": [:], "values": ["a": "b"], "secrets": [:]], slots: [])))),
                // What was begun goes on in the next process.
                statuses: ["200", "202"]),
        ]

        @Test(arguments: RoomName.allCases) func aRunningRequestEndsAndANewOneWaits(_ room: RoomName) async throws {
            let appliance = try await Appliance.shared()
            _ = try await appliance.call("POST", "/orgs/acme/apps", ["id": "drain", "name": "Drain"])
            let held = try #require(Self.held[room])
            let lock = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
            try await lock.execute("BEGIN")
            let name = held.table.split(separator: ".").map(String.init)
            try await lock.execute("LOCK TABLE \(identifier: name[0]).\(identifier: name[1]) IN ACCESS EXCLUSIVE MODE")
            async let running = send(held, room, appliance)
            // Another connection, since a transaction sees the statements of others as they were when it first looked.
            let observer = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
            try await eventually("the request at the lock") { try await Self.isWaiting(held, observer) }
            await observer.close()

            let old = try appliance.process(room)
            old.kill(SIGTERM)
            try await eventually("draining") { old.output.contains("draining:") }
            async let late = appliance.curl(room, "/healthz", ["-m", "40"])
            // Nobody takes it while the old process drains: it is still in the socket when that one has ended.
            try await lock.execute("COMMIT")
            await lock.close()
            // The gateway would ask the next process again, so what comes through it is awaited before that one is there.
            if held.caller == nil { #expect(held.statuses.contains(try await running)) }
            #expect(try await appliance.exit(of: room) == 0)
            try appliance.start(room)
            #expect(held.statuses.contains(try await running))
            #expect(try await late.status == "200")
            try await appliance.untilReady(room)
            #expect(appliance.notify.lines().contains("STOPPING=1"))
        }

        private func send(_ held: Held, _ room: RoomName, _ appliance: Appliance) async throws -> String {
            guard let caller = held.caller else { return "\(try await appliance.call(held.method, held.path).status)" }
            let options = [
                "-X", held.method, "-H", "Content-Type: application/json", "--data-binary", held.body?.canonical ?? "",
            ]
            return try await appliance.curl(room, held.path, options, as: caller.uid).status
        }

        private static func isWaiting(_ held: Held, _ connection: PostgresConnection) async throws -> Bool {
            let rows = try await connection.query(
                """
                SELECT count(*) AS count FROM pg_locks JOIN pg_stat_activity USING (pid)
                WHERE NOT granted AND relation = \(held.table)::regclass AND starts_with(ltrim(query), \(held.statement))
                """)
            return try rows.first?.int("count") ?? 0 > 0
        }
    }
}
