import AccessControl
import HTTPTypes
import Hummingbird
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// T43: a request that is sent again does nothing, and is told what the first one was.
@Suite struct IdempotencyTests {
    private static func headers(_ key: String) throws -> HTTPFields {
        [try #require(HTTPField.Name("Idempotency-Key")): key]
    }

    /// A room that makes something new at each request.
    private static func counting(_ harness: GatewayHarness) {
        let count = Mutex(0)
        harness.orchestrator.answers { _, _ in
            let number = count.withLock {
                $0 += 1
                return $0
            }
            // Long enough for all the others to come meanwhile.
            try await Task.sleep(for: .milliseconds(300))
            return try .json(["made": .int(Int64(number))] as JSON, status: .created)
        }
    }

    @Test func t43AHundredAtOnce() async throws {
        try await GatewayHarness.with { harness in
            Self.counting(harness)
            let token = try await harness.token("robot", org: .administrator), headers = try Self.headers("one")
            let answers = try await withThrowingTaskGroup(of: GatewayHarness.Answer.self) { group in
                for _ in 0..<100 {
                    group.addTask {
                        try await harness.call(.post, "/orgs/acme/apps", token: token, body: ["id": "shop"], headers: headers)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(answers.allSatisfy { $0.status == 201 && $0.body == ["made": 1] })
            #expect(harness.orchestrator.received.count == 1)
            let replayed = try #require(HTTPField.Name("Idempotent-Replayed"))
            #expect(answers.count { $0.headers[replayed] == "true" } == 99)
            #expect(answers.allSatisfy { $0.headers[.contentType] == "application/json" })
            // Without a key each is its own.
            #expect(try await harness.call(.post, "/orgs/acme/apps", token: token, body: ["id": "shop"]).body == ["made": 2])
        }
    }

    /// The key stands for one request of one caller.
    @Test func t43AnotherRequest() async throws {
        try await GatewayHarness.with { harness in
            Self.counting(harness)
            let token = try await harness.token("robot", org: .administrator), headers = try Self.headers("one")
            func post(_ path: String, _ body: JSON, token other: String? = nil) async throws -> GatewayHarness.Answer {
                try await harness.call(.post, path, token: other ?? token, body: body, headers: headers)
            }
            #expect(try await post("/orgs/acme/apps", ["id": "shop"]).body == ["made": 1])
            for answer in [
                try await post("/orgs/acme/apps", ["id": "desk"]), try await post("/orgs/acme/env-types", ["id": "shop"]),
                try await post("/orgs/acme/apps?x=1", ["id": "shop"]),
            ] {
                #expect(answer.status == 422 && answer.error == "idempotency_key_reused", "\(answer)")
            }
            #expect(harness.orchestrator.received.count == 1)
            // Another caller's, and another organisation's, are others.
            let second = try await harness.token("other", org: .administrator)
            let stranger = try await harness.token("robot", in: "globex", org: .administrator)
            #expect(try await post("/orgs/acme/apps", ["id": "shop"], token: second).body == ["made": 2])
            #expect(try await post("/orgs/globex/apps", ["id": "shop"], token: stranger).body == ["made": 3])
            // And nobody's answer is told to who may not ask any more.
            let member = try await harness.token("robot", org: .member)
            let refused = try await post("/orgs/acme/apps", ["id": "shop"], token: member)
            #expect(refused.status == 403, "\(refused)")
            for key in ["", String(repeating: "k", count: 256)] {
                let answer = try await harness.call(
                    .post, "/orgs/acme/apps", token: second, body: ["id": "shop"], headers: try Self.headers(key))
                #expect(answer.status == 400 || key.isEmpty && answer.status == 201, "\(answer)")
            }
        }
    }

    /// What failed was no effect: the same key may try again.
    @Test func t43WhatFailedIsTriedAgain() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator), headers = try Self.headers("one")
            let fails = Mutex(3)
            harness.orchestrator.answers { _, _ in
                let left = fails.withLock {
                    $0 -= 1
                    return $0
                }
                switch left {
                case 2: throw HTTPFailure.conflict("not now")
                case 1: throw HTTPFailure.unavailable("away")
                case 0: throw FakeRoom.Cut()
                default: return try .json(["made": 1] as JSON, status: .created)
                }
            }
            var statuses: [Int] = []
            for _ in 0..<5 {
                statuses.append(
                    try await harness.call(.post, "/orgs/acme/apps", token: token, body: ["id": "shop"], headers: headers).status)
            }
            #expect(statuses[0] == 409 && statuses[1] == 503 && statuses.suffix(2) == [201, 201], "\(statuses)")
        }
    }

    /// The gateway's own: one token is made, it is told once, and kept nowhere.
    @Test func t43SecretsAreNotKept() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator), headers = try Self.headers("one")
            let answers = try await withThrowingTaskGroup(of: GatewayHarness.Answer.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        try await harness.call(
                            .post, "/orgs/acme/tokens", token: token, body: ["name": "machine", "org_role": "member"],
                            headers: headers)
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            let made = answers.filter { $0.status == 201 }
            #expect(made.count == 1)
            #expect(answers.count { $0.status == 409 && $0.error == "already_done" } == 19)
            let list = try await harness.call(.get, "/orgs/acme/tokens", token: token).body.array ?? []
            #expect(list.count { $0["name"] == "machine" } == 1)
            let secret = try #require(made.first?.body["token"]?.string)
            let rows = try await harness.pool.query(
                "SELECT to_jsonb(r)::text AS row, encode(coalesce(body, ''), 'escape') AS body FROM gateway.idempotent_requests r",
                org: "acme")
            #expect(rows.count == 1)
            for row in rows { #expect(try !(row.string("row") + row.string("body")).contains(secret)) }
            // A service user has no secret: the same answer.
            let user = try await [
                harness.call(
                    .post, "/orgs/acme/users", token: token, body: ["name": "one-user", "role": "member"],
                    headers: try Self.headers("two")),
                harness.call(
                    .post, "/orgs/acme/users", token: token, body: ["name": "one-user", "role": "member"],
                    headers: try Self.headers("two")),
            ]
            #expect(user.map(\.status) == [200, 200] && user[0].body == user[1].body)
        }
    }

    /// A gateway that died in the middle: another one takes the request on when its time is over.
    @Test func t43ATakeover() async throws {
        try await GatewayHarness.with { harness in
            Self.counting(harness)
            let token = try await harness.token("robot", org: .administrator), headers = try Self.headers("one")
            func post() async throws -> GatewayHarness.Answer {
                try await harness.call(.post, "/orgs/acme/apps", token: token, body: ["id": "shop"], headers: headers)
            }
            #expect(try await post().status == 201)
            try await harness.pool.execute(
                """
                UPDATE gateway.idempotent_requests SET claim = 'dead', claimed_until = clock_timestamp() + interval '1 second',
                    status = NULL, body = NULL
                """, org: "acme")
            // Waits for it, then does it.
            #expect(try await post().body == ["made": 2])
            #expect(try await post().body == ["made": 2])
            // After a day nothing is known of it.
            try await harness.pool.execute(
                "UPDATE gateway.idempotent_requests SET created_at = created_at - interval '25 hours'", org: "acme")
            #expect(try await post().body == ["made": 3])
        }
    }
}
