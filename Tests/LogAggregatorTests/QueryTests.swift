import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import LogAggregator

@Suite struct QueryTests {
    private static let base: Int64 = 1_700_000_000_000

    @Test(
        "Filters, limits and orders as the contract has them",
        arguments: [
            ([], ["l5", "l4", "l3", "l2", "l1", "l0"]), ([("limit", "2")], ["l5", "l4"]),
            ([("limit", "2"), ("asc", "true")], ["l0", "l1"]),
            ([("limit", "2"), ("invert", "true")], ["l4", "l5"]),
            ([("limit", "2"), ("asc", "true"), ("invert", "true")], ["l1", "l0"]),
            ([("workload_id", "api")], ["l5", "l3", "l1"]), ([("container_id", "side")], ["l4", "l1"]),
            ([("workload_id", "api"), ("container_id", "side")], ["l1"]), ([("deployment_id", "d2")], ["l5", "l4", "l3"]),
            ([("timestamp_from", "2023-11-14T22:13:23.000Z")], ["l5", "l4", "l3"]),
            ([("timestamp_to", "2023-11-14T22:13:21Z"), ("asc", "true")], ["l0", "l1"]), ([("workload_id", "none")], []),
            ([("limit", "0")], []), ([("limit", "99999")], ["l5", "l4", "l3", "l2", "l1", "l0"]),
        ] as [([(String, String)], [String])])
    func filters(query: [(String, String)], lines: [String]) async throws {
        try await LogsFixture.with { logs in
            try await logs.send(
                (0..<6).map { (index: Int) -> LogEntry in
                    let workload = index % 2 == 0 ? "web" : "api", container = index % 3 == 1 ? "side" : "main"
                    return LogsFixture.entry(
                        "l\(index)", at: Self.base + Int64(index) * 1000, workload: workload, container: container,
                        deployment: index < 3 ? "d1" : "d2")
                }, sequence: 1)
            #expect(try await logs.lines(query) == lines)
        }
    }

    @Test("The answer has the contract's fields")
    func fields() async throws {
        try await LogsFixture.with { logs in
            var driver = LogsFixture.entry("made", workload: nil, container: nil)
            driver.node = "postgres.default#db"
            try await logs.send([driver], sequence: 1)
            let entry = try #require(try await logs.page().first)
            #expect(
                try JSON(encoding: entry) == [
                    "level": "info", "payload": "made", "timestamp": "2023-11-14T22:13:20.000Z", "workload_id": "",
                    "container_id": "postgres.default#db",
                ])
        }
    }

    @Test(
        "A query that cannot be read is 400 and names the parameter",
        arguments: [
            ("limit", "many"), ("limit", "-1"), ("timestamp_from", "yesterday"), ("timestamp_to", "2023-13-01T00:00:00Z"),
            ("asc", "yes"),
            ("invert", "1"), ("workload_id", String(repeating: "a", count: 513)),
        ])
    func refused(name: String, value: String) async throws {
        try await LogsFixture.with { logs in
            let error = await #expect(throws: RoomError.self) { _ = try await logs.page([(name, value)]) }
            #expect(error?.status == 400 && error?.body?.message.hasPrefix(name) == true)
        }
    }

    @Test(
        "Only those who may view the application's logs see a line; to others the application is not there",
        arguments: [
            (Principal(id: "u", name: "n", orgID: "acme", orgRole: .administrator), 200),
            (Principal(id: "u", name: "n", orgID: "acme", orgRole: .orgViewer), 200),
            (Principal(id: "u", name: "n", orgID: "acme", orgRole: .member, appRoles: ["shop": .developer]), 200),
            (Principal(id: "u", name: "n", orgID: "acme", orgRole: .member, appRoles: ["other": .owner]), 404),
            (Principal(id: "u", name: "n", orgID: "globex", orgRole: .administrator, appRoles: ["shop": .owner]), 404),
        ])
    func access(principal: Principal, status: Int) async throws {
        try await LogsFixture.with { logs in
            try await logs.send([LogsFixture.entry("secret business")], sequence: 1)
            for path in [LogsFixture.path, LogsFixture.path + "/stream"] {
                do throws(RoomError) {
                    let answer = try await logs.client.send(.get, path, query: [("follow", "false")], principal: principal)
                    #expect(answer.status == 200 && status == 200)
                } catch {
                    #expect(error.status == status)
                }
            }
            // Their own environment of the same name holds nothing of ours.
            let own = try await logs.page(
                path: "/v1/orgs/globex/apps/shop/envs/dev/logs",
                as: Principal(id: "u", name: "n", orgID: "globex", orgRole: .administrator))
            #expect(own.isEmpty)
            let nobody = await #expect(throws: RoomError.self) { try await logs.client.send(.get, LogsFixture.path) }
            #expect(nobody?.status == 401)
        }
    }
}
