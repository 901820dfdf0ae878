import PlatformModel
import ServiceAPI
import ServiceRuntime
import Testing

@testable import SecretBroker

@Suite struct ScopeTests {
    @Test(
        "A path has one spelling",
        arguments: [
            "", "orgs", "orgs/", "/orgs/acme/x", "orgs/acme/", "orgs/acme//x", "orgs/acme/../globex/x", "orgs/acme/./x",
            "orgs/acme/*",
            "orgs/acme/a*", "orgs/acme/%2e%2e", "orgs/acme/a b", "orgs/acme/a\u{0}", "orgs/acme/ä", "orgs/acme/.hidden",
            "ORGS/acme/x",
            "teams/acme/x", "orgs/acme/" + String(repeating: "a", count: 201), "orgs" + String(repeating: "/a", count: 24),
        ])
    func refused(path: String) { #expect(throws: HTTPFailure.self) { try SecretPath(path) } }

    @Test("A prefix covers whole parts")
    func prefixes() throws {
        let prefix = try SecretPath("orgs/acme/apps/shop/envs/dev/resources")
        for (path, isWithin) in [
            ("orgs/acme/apps/shop/envs/dev/resources", true), ("orgs/acme/apps/shop/envs/dev/resources/a/b", true),
            ("orgs/acme/apps/shop/envs/dev/resourcesX/a", false), ("orgs/acme/apps/shop/envs/dev", false),
            ("orgs/acme/apps/shop/envs/Dev/resources/a", false),
        ] {
            #expect(try SecretPath(path).isWithin(prefix) == isWithin, "\(path)")
        }
    }

    @Test("A grant for a version allows that version, one without a version every version")
    func versions() throws {
        let path = try SecretPath("orgs/acme/definitions/a/v/x")
        let any = SecretReference(ref: path.text), second = SecretReference(ref: path.text, version: "2")
        let pinned = GrantScope(reads: [second], writePrefix: nil), open = GrantScope(reads: [any], writePrefix: nil)
        #expect(pinned.allowsReading(second, at: path) && !pinned.allowsReading(any, at: path))
        #expect(!pinned.allowsReading(SecretReference(ref: path.text, version: "3"), at: path))
        #expect(open.allowsReading(second, at: path) && open.allowsReading(any, at: path) && !open.allowsWriting(path))
    }

    @Test("A prefix to read is not one to write")
    func readPrefixes() throws {
        let grant = Grant(
            orgID: "acme", reads: [], writePrefix: nil, readPrefix: "orgs/acme/apps/shop/envs/dev/resources", standing: false)
        let scope = try GrantDesk.scope(of: grant)
        let inside = try SecretPath("orgs/acme/apps/shop/envs/dev/resources/r/cookie")
        let outside = try SecretPath("orgs/acme/apps/shop/envs/prod/resources/r/cookie")
        #expect(scope.allowsReading(SecretReference(ref: inside.text), at: inside) && !scope.allowsWriting(inside))
        #expect(!scope.allowsReading(SecretReference(ref: outside.text), at: outside))
    }

    @Test(
        "A grant that reaches beyond its organisation or environment is refused",
        arguments: [
            Grant(orgID: "acme", reads: [.init(ref: "orgs/globex/x")], writePrefix: nil, standing: true),
            Grant(orgID: "acme", reads: [.init(store: "vault", ref: "orgs/acme/x")], writePrefix: nil, standing: true),
            Grant(orgID: "acme", reads: [], writePrefix: "orgs/globex/apps/a/envs/b", standing: true),
            Grant(orgID: "acme", reads: [], writePrefix: "orgs/acme", standing: true),
            Grant(orgID: "acme", reads: [], writePrefix: "orgs/acme/apps/shop", standing: true),
            Grant(orgID: "acme", reads: [], writePrefix: nil, readPrefix: "orgs/acme", standing: true),
            Grant(orgID: "acme", reads: [], writePrefix: nil, readPrefix: "orgs/globex/apps/a/envs/b", standing: true),
            Grant(orgID: "acme", reads: [], writePrefix: nil, standing: false, lifetimeSeconds: 0),
            Grant(orgID: "acme", reads: [], writePrefix: nil, standing: false, lifetimeSeconds: 1_000_000),
            Grant(
                orgID: "acme", reads: Array(repeating: .init(ref: "orgs/acme/x"), count: 10_001), writePrefix: nil, standing: true
            ),
        ])
    func grants(grant: Grant) { #expect(throws: HTTPFailure.self) { try GrantDesk.scope(of: grant) } }
}
