import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import SecretBroker

@Suite struct SealDeskTests {
    private static let path = BrokerFixture.prefix + "/aa01/terraform-state"

    private static func seal(
        _ bytes: [UInt8], _ broker: BrokerFixture, grant: String = "g", org: String = "acme", path: String = path,
        version: Int64 = 1
    ) async throws(RoomError) -> String {
        let reply: SealReply = try await broker.client.call(
            .post, "/v1/seals/seal",
            body: SealRequest(grant: grant, orgID: org, path: path, version: version, plaintext: Base64.encode(bytes)))
        return reply.sealed
    }

    private static func open(
        _ sealed: String, _ broker: BrokerFixture, grant: String = "g", org: String = "acme", path: String = path,
        version: Int64 = 1
    ) async throws(RoomError) -> [UInt8]? {
        let reply: SealOpenReply = try await broker.client.call(
            .post, "/v1/seals/open",
            body: SealOpenRequest(grant: grant, orgID: org, path: path, version: version, sealed: sealed))
        return Base64.decode(reply.plaintext)
    }

    @Test("What is sealed opens under the grant, and nothing of it is in the broker's tables or the sealed text")
    func roundTrip() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            let plain = Array(String(repeating: "a state with a password ", count: 100_000).utf8)
            let sealed = try await Self.seal(plain, broker)
            #expect(try await Self.open(sealed, broker) == plain)
            #expect(try await Self.seal([], broker) != Self.seal([], broker), "each has its own nonce")
            #expect(!sealed.contains("password") && !sealed.contains(Base64.encode(Array("password".utf8))))
            #expect(try await broker.rows("SELECT path FROM broker.secrets").isEmpty)
            let reads = try await broker.reads()
            #expect(try reads.map { try $0.string("result") } == ["given"])
            #expect(try reads.first?.string("path") == Self.path && reads.first?.string("version") == "1")
        }
    }

    @Test("What was moved, changed or sealed elsewhere does not open, and who may not write may not open")
    func refusals() async throws {
        try await BrokerFixture.with { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            try await broker.grant("reader", reads: [SecretReference(ref: Self.path)])
            try await broker.grant("else", reads: [SecretReference(ref: Self.path + "/x")])
            try await broker.grant("other", org: "globex", prefix: "orgs/globex/apps/shop/envs/dev/resources")
            let sealed = try await Self.seal([1, 2, 3], broker)
            var changed = Array(sealed)
            changed[40] = changed[40] == "A" ? "B" : "A"
            let foreign = "orgs/globex/apps/shop/envs/dev/resources/aa01/terraform-state"
            let theirs = try await Self.seal([9], broker, grant: "other", org: "globex", path: foreign)
            let wrong: [(String, @Sendable () async throws -> Void)] = [
                ("500 secret_damaged", { _ = try await Self.open(sealed, broker, version: 2) }),
                ("500 secret_damaged", { [changed] in _ = try await Self.open(String(changed), broker) }),
                ("500 secret_damaged", { _ = try await Self.open("x", broker) }),
                ("500 secret_damaged", { _ = try await Self.open(sealed, broker, path: BrokerFixture.prefix + "/aa02/s") }),
                ("500 secret_damaged", { _ = try await Self.open(theirs, broker) }),
                ("403 not_granted", { _ = try await Self.open(sealed, broker, grant: "else") }),
                ("403 not_granted", { _ = try await Self.open(sealed, broker, grant: "nobody") }),
                ("403 not_granted", { _ = try await Self.open(theirs, broker, org: "globex", path: foreign) }),
                ("403 not_granted", { _ = try await Self.open(theirs, broker, grant: "other", path: foreign) }),
                ("403 not_granted", { _ = try await Self.seal([1], broker, grant: "reader") }),
                ("422 invalid", { _ = try await Self.seal([1], broker, version: 0) }),
                ("422 invalid", { _ = try await Self.seal([UInt8](repeating: 0, count: SealDesk.maximumBytes + 1), broker) }),
            ]
            #expect(try await Self.open(sealed, broker, grant: "reader") == [1, 2, 3], "who may read may open")
            for (index, (answer, body)) in wrong.enumerated() {
                #expect(try await broker.refusal(body) == answer, "\(index)")
            }
            let outcomes = try await broker.reads().map { try $0.string("result") }.sorted()
            #expect(outcomes == [String](repeating: "damaged", count: 5) + ["given"] + [String](repeating: "refused", count: 3))
        }
    }

    @Test("The orchestrator, which reads no secret, opens nothing")
    func callers() async throws {
        try await BrokerFixture.with(callers: ["orchestrator"]) { broker in
            try await broker.grant(prefix: BrokerFixture.prefix)
            #expect(try await broker.refusal { _ = try await Self.seal([1], broker) }?.hasPrefix("403") == true)
        }
    }
}
