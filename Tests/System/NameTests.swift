import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// T27: of names that differ by case, blanks, forms of Unicode or letters that look alike there is one form only; what is not in it is
    /// refused when it is made, and so are the system's own names.
    @Suite struct NameTests {
        private static let names = [
            "Shop", "SHOP", "shop ", " shop", "shop.", "shop\t", "sh op", "shop\u{200b}", "ѕhop", "shоp", "ｓｈｏｐ", "shöp",
            "sho\u{0301}p",
            "ﬁsh", "-shop", "shop-", "shop_1", "..", ".", "", "shop/../../x", "shop%2fx", "root", "system", "martlet", "me",
            String(repeating: "x", count: 64),
        ]

        @Test func oneFormOrRefused() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.createApplication("names")
            let places: [(path: String, field: String, further: JSON)] = [
                ("/orgs/acme/apps", "id", ["name": "x"]), ("/orgs/acme/env-types", "id", [:]),
                ("/orgs/acme/apps/names/envs", "id", ["name": "x", "type": "development"]),
                ("/orgs/acme/users", "name", ["role": "member"]), ("/orgs/acme/tokens", "name", ["org_role": "member"]),
            ]
            for (path, field, further) in places {
                let before = try await appliance.must(200, "GET", path).array?.count
                for name in Self.names {
                    var body = further.object ?? [:]
                    body[field] = .string(name)
                    let answer = try await appliance.call("POST", path, .object(body))
                    #expect([400, 422].contains(answer.status), "\(path) '\(name)' -> \(answer)")
                }
                #expect(try await appliance.must(200, "GET", path).array?.count == before, "\(path)")
            }
            for role in ["Administrator", "administrator ", "аdministrator", "root"] {
                let answer = try await appliance.call(
                    "POST", "/orgs/acme/users", ["name": "named", "role": .string(role)])
                #expect(answer.status == 422, "\(role)")
            }
            _ = try await appliance.call("DELETE", "/orgs/acme/apps/names")
        }
    }
}
