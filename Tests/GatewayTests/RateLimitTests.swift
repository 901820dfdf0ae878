import AccessControl
import HTTPTypes
import Outgoing
import PlatformModel
import RoomTestSupport
import ServiceAPI
import TestSupport
import Testing

@testable import Gateway

/// T46: who asks too much is told to wait, and nobody else is.
@Suite struct RateLimitTests {
    private static let off = BucketRate(perSecond: 0, burst: 1)

    private static func with(
        _ change: @escaping @Sendable (inout RateLimiter.Rates) -> Void,
        _ body: @escaping @Sendable (GatewayHarness) async throws -> Void
    ) async throws {
        try await GatewayHarness.with(
            configure: {
                $0.rates = .init(address: off, token: off, user: off, organization: off)
                change(&$0.rates)
            }, body)
    }

    private static func statuses(
        _ harness: GatewayHarness, _ count: Int, _ path: String = "/current-user", token: String? = nil
    ) async throws -> [Int] {
        var statuses: [Int] = []
        for _ in 0..<count { statuses.append(try await harness.call(.get, path, token: token).status) }
        return statuses
    }

    private static let five = [200, 200, 200, 200, 200]
    private static let rate = BucketRate(perSecond: 0.01, burst: 5)

    @Test func t46ATokenAlone() async throws {
        try await Self.with({ $0.token = Self.rate }) { harness in
            let one = try await harness.token("one", org: .member), other = try await harness.token("other", org: .member)
            #expect(try await Self.statuses(harness, 7, token: one) == Self.five + [429, 429])
            #expect(try await Self.statuses(harness, 5, token: other) == Self.five)
            let answer = try await harness.call(.get, "/current-user", token: one)
            #expect(answer.error == "rate_limited" && answer.body["details"]?["limit"] == "token")
            let wait = try #require(answer.headers[.retryAfter].flatMap(Int.init))
            #expect((90...100).contains(wait) && answer.body["details"]?["retry_after_seconds"] == .int(Int64(wait)))
        }
    }

    /// All of a person's sessions together.
    @Test func t46AUser() async throws {
        try await Self.with({ $0.user = Self.rate }) { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let first = try await harness.session(of: "alice"), second = try await harness.session(of: "alice")
            #expect(try await Self.statuses(harness, 3, token: first) == [200, 200, 200])
            #expect(try await Self.statuses(harness, 3, token: second) == [200, 200, 429])
            let machine = try await harness.token("machine", org: .member)
            #expect(try await Self.statuses(harness, 5, token: machine) == Self.five)
        }
    }

    /// All of an organisation's people together; another's are not concerned, and use nothing up of it.
    @Test func t46AnOrganization() async throws {
        try await Self.with({ $0.organization = Self.rate }) { harness in
            let one = try await harness.token("one", org: .member), two = try await harness.token("two", org: .member)
            let stranger = try await harness.token("stranger", in: "globex", org: .administrator)
            // A stranger's requests to it are 404, and not its own.
            #expect(try await Self.statuses(harness, 20, "/orgs/acme/apps", token: stranger).allSatisfy { $0 == 404 })
            #expect(try await Self.statuses(harness, 3, "/orgs/acme/apps", token: one) == [200, 200, 200])
            #expect(try await Self.statuses(harness, 4, "/orgs/acme/apps", token: two) == [200, 200, 429, 429])
            #expect(try await Self.statuses(harness, 5, "/orgs/globex/apps", token: stranger) == Self.five)
        }
    }

    /// Without a token, too; and what proxies say counts only from proxies that are known.
    @Test func t46AnAddress() async throws {
        let forwarded = try #require(HTTPField.Name("X-Forwarded-For"))
        try await Self.with({ $0.address = Self.rate }) { harness in
            #expect(try await Self.statuses(harness, 7) == [401, 401, 401, 401, 401, 429, 429])
            let answer = try await harness.call(.get, "/current-user", headers: [forwarded: "192.0.2.9"])
            #expect(answer.status == 429)
            // Signing in is under it, too.
            #expect(try await harness.signIn("alice").status == 429)
        }
        try await GatewayHarness.with(
            configure: {
                $0.rates = .init(address: Self.rate, token: Self.off, user: Self.off, organization: Self.off)
                $0.trustedProxies = [IPNetwork("127.0.0.1")].compactMap { $0 }
            }
        ) { harness in
            for address in ["192.0.2.1", "192.0.2.2"] {
                for status in [401, 401, 401, 401, 401, 429] {
                    let answer = try await harness.call(.get, "/current-user", headers: [forwarded: address])
                    #expect(answer.status == status)
                }
            }
        }
    }

    @Test func clientsBehindProxies() {
        let clients = ClientAddress(proxies: ["10.0.0.0/8", "fd00::/8"].compactMap { IPNetwork($0) })
        func find(_ peer: String, _ fields: String...) -> String { clients.find(peer: peer, forwardedFor: fields) }
        // Nobody else's word counts.
        #expect(find("192.0.2.1", "198.51.100.7") == "192.0.2.1")
        #expect(find("10.0.0.1") == "10.0.0.1")
        #expect(find("10.0.0.1", "198.51.100.7") == "198.51.100.7")
        // What the client itself wrote stands further left.
        #expect(find("10.0.0.1", "1.1.1.1, 198.51.100.7") == "198.51.100.7")
        #expect(find("10.0.0.1", "1.1.1.1", "198.51.100.7, 10.9.9.9") == "198.51.100.7")
        #expect(find("10.0.0.1", "10.3.3.3, 10.2.2.2") == "10.3.3.3")
        #expect(find("10.0.0.1", "nonsense") == "10.0.0.1")
        #expect(find("10.0.0.1", "nonsense, 10.2.2.2") == "10.2.2.2")
        #expect(find("fd00::1", "2001:db8::5") == "2001:db8::5")
        #expect(find("10.0.0.1", Array(repeating: "10.1.1.1", count: 1000).joined(separator: ",")) == "10.1.1.1")
        #expect(ClientAddress.group("192.0.2.1") == "192.0.2.1")
        #expect(ClientAddress.group("2001:db8:1:2:3::4") == "2001:db8:1:2::/64")
        #expect(ClientAddress.group("::ffff:192.0.2.1") == "192.0.2.1")
    }
}
