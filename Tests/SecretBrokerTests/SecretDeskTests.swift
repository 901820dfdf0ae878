import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import SecretBroker

@Suite struct SecretDeskTests {
    private static let path = BrokerFixture.prefix + "/aa01/generated/password"

    @Test("What is written under a grant is read back under it, and versions are kept")
    func roundTrip() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            let first = try await broker.write(Self.path, "s3cret")
            #expect(first == SecretWriteReply(reference: .init(ref: Self.path, version: "1"), stored: true))
            #expect(
                try await broker.write(Self.path, "s3cret").reference == first.reference, "the same value is the same version")
            let second = try await broker.write(Self.path, ["user": "a", "n": [1, 2.5, nil, true]])
            #expect(second.reference.version == "2")
            #expect(try await broker.read(Self.path) == ["user": "a", "n": [1, 2.5, nil, true]])
            #expect(
                try await broker.read([first.reference, second.reference, first.reference]).map(\.kind) == [
                    "string", "object", "string",
                ])
            let kept = try await broker.write(Self.path, "another", ifAbsent: true)
            #expect(kept == SecretWriteReply(reference: second.reference, stored: false))
            #expect(try await broker.read([]).isEmpty)
        }
    }

    @Test("Of many writers one is first, and all are told the one value")
    func race() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            let replies = try await withThrowingTaskGroup(of: SecretWriteReply.self) { group in
                for index in 0..<20 {
                    group.addTask { try await broker.write(Self.path, .string("value \(index)"), ifAbsent: true) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(replies.count { $0.stored } == 1)
            #expect(Set(replies.map(\.reference)).count == 1)
            #expect(try await broker.rows("SELECT id FROM broker.data_keys").count == 1)
        }
    }

    @Test("Nothing outside the grant is read or written, and the answer does not say why")
    func refusals() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant("other", org: "globex", prefix: "orgs/globex/apps/shop/envs/dev/resources")
            let foreign = try await broker.write(
                "orgs/globex/apps/shop/envs/dev/resources/bb/x", "theirs", grant: "other", org: "globex")
            try await broker.grant("writer", prefix: BrokerFixture.prefix)
            let mine = try await broker.write(Self.path, "one", grant: "writer")
            _ = try await broker.write(Self.path, "two", grant: "writer")
            _ = try await broker.write(BrokerFixture.prefix + "/aa01/other", "x", grant: "writer")
            try await broker.grant("reader", reads: [mine.reference])
            try await broker.grant("gone", prefix: BrokerFixture.prefix)
            try await broker.client.send(.delete, "/v1/grants/gone", query: [("org", "acme")])
            try await broker.grant("late", prefix: BrokerFixture.prefix)
            try await broker.sql("UPDATE broker.grants SET expires_at = clock_timestamp() WHERE id = 'late'")

            #expect(try await broker.read([mine.reference], grant: "reader") == ["one"])
            let refused: [(String, String, String?)] = [
                ("reader", Self.path, nil), ("reader", Self.path, "2"), ("reader", BrokerFixture.prefix + "/aa01/other", nil),
                ("reader", foreign.reference.ref, "1"), ("writer", foreign.reference.ref, "1"), ("gone", Self.path, "1"),
                ("late", Self.path, "1"), ("nobody", Self.path, "1"), ("other", Self.path, "1"),
                ("writer", "orgs/acme/apps/shop/envs/dev/resourcesX/aa", nil),
                ("writer", "orgs/acme/apps/shop/envs/prod/resources/a", nil),
            ]
            for (grant, path, version) in refused {
                let answer = try await broker.refusal { _ = try await broker.read(path, version: version, grant: grant) }
                #expect(answer == "403 not_granted", "\(grant) \(path)")
            }
            let mixed = [mine.reference, foreign.reference]
            #expect(try await broker.refusal { _ = try await broker.read(mixed, grant: "reader") } == "403 not_granted")
            for (grant, org, path) in [
                ("reader", "acme", Self.path), ("writer", "acme", "orgs/acme/apps/shop/envs/prod/resources/a"),
                ("writer", "acme", "orgs/globex/apps/shop/envs/dev/resources/a"),
                ("writer", "globex", "orgs/globex/apps/shop/envs/dev/resources/a"), ("late", "acme", Self.path),
            ] {
                let answer = try await broker.refusal { _ = try await broker.write(path, "x", grant: grant, org: org) }
                #expect(answer == "403 not_granted", "\(grant) \(path)")
            }
            // Within the prefix it is no secret that nothing is there: a cookie that was never kept.
            let missing = try await broker.refusal {
                _ = try await broker.read(BrokerFixture.prefix + "/aa01/cookie", grant: "writer")
            }
            #expect(missing == "404 not_found")
        }
    }

    @Test("The orchestrator writes an organisation's definitions, reads nothing, and removes what it names")
    func orchestrator() async throws {
        let database = try await PrivatePostgres.database()
        try await BrokerFixture.with(database, callers: ["orchestrator"]) { broker in
            let written = try await broker.write("orgs/acme/definitions/pg/v1/password", "p", grant: nil)
            #expect(written.stored)
            let outside = try await broker.refusal { _ = try await broker.write(Self.path, "p", grant: nil) }
            #expect(outside == "403 not_granted")
            let foreign = try await broker.refusal {
                _ = try await broker.write("orgs/globex/definitions/pg/v1/password", "p", grant: nil, org: "acme")
            }
            #expect(foreign == "403 not_granted")
            try await broker.grant("g", reads: [written.reference], standing: true)
            let read = try await broker.refusal { _ = try await broker.read([written.reference]) }
            #expect(read == "403 caller_not_allowed")
        }
        try await BrokerFixture.with(database, callers: ["runner"]) { broker in
            #expect(try await broker.read("orgs/acme/definitions/pg/v1/password", version: "1") == "p")
            let grant = try await broker.refusal { try await broker.grant("h") }
            #expect(grant == "403 caller_not_allowed")
            let write = try await broker.refusal {
                _ = try await broker.write("orgs/acme/definitions/pg/v1/password", "q", grant: nil)
            }
            #expect(write == "403 not_granted")
        }
    }

    @Test("Deleting takes a path and what is under it, by whole parts")
    func deletion() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            for name in ["aa/cookie", "aa/outputs/x", "aab/cookie", "aa.b/cookie"] {
                _ = try await broker.write("\(BrokerFixture.prefix)/\(name)", "v")
            }
            let request = SecretDeleteRequest(grant: "g", orgID: "acme", prefix: BrokerFixture.prefix + "/aa")
            for _ in 0..<2 { try await broker.client.send(.post, "/v1/secrets/delete", body: request) }
            let left = try await broker.rows("SELECT path FROM broker.secrets ORDER BY path")
            #expect(
                try left.map { try $0.string("path").split(separator: "/").suffix(2).joined(separator: "/") } == [
                    "aa.b/cookie", "aab/cookie",
                ])
        }
    }

    @Test("Every read is on record, with its outcome and without its value")
    func audit() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            let kept = try await broker.write(Self.path, "canary-value")
            _ = try await broker.read([kept.reference])
            _ = try await broker.refusal { _ = try await broker.read(Self.path, grant: "nobody") }
            _ = try await broker.refusal { _ = try await broker.read(Self.path + "x") }
            let rows = try await broker.reads()
            #expect(
                try rows.map { try $0.string("grant_id") + " " + $0.string("result") + " " + $0.string("outcome") } == [
                    "g given read", "nobody refused refused", "g missing refused",
                ])
            #expect(try rows.allSatisfy { try $0.string("actor") == "room:orchestrator" && $0.string("org_id") == "acme" })
            let written = try await broker.rows("SELECT action, outcome, object FROM audit.entries WHERE action <> 'readSecret'")
            #expect(try written.map { try "\($0.string("action")) \($0.string("outcome"))" } == ["writeSecret done"])
            #expect(try rows.allSatisfy { try !$0.string("whole").contains("canary") })
        }
    }
}
