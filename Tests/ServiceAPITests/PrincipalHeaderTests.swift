import PlatformModel
import ServiceAPI
import Testing

@Suite struct PrincipalHeaderTests {
    private static func principal(_ number: Int, apps: Int = 1) -> Principal {
        Principal(
            id: "user:\(number)", name: "Ada", orgID: "acme", memberOf: ["acme"],
            appRoles: Dictionary(uniqueKeysWithValues: (0..<apps).map { ("app-\($0)", AppRole.owner) }))
    }

    /// Many more than are remembered, those with many roles among them, each twice.
    @Test func whatIsWrittenIsRead() throws {
        let writer = PrincipalHeader(), reader = PrincipalHeader()
        for _ in 0..<2 {
            for number in 0..<600 {
                let principal = Self.principal(number, apps: number % 100 == 0 ? 1000 : 1)
                let text = try writer.text(of: principal)
                #expect(try PrincipalHeader().text(of: principal) == text)
                #expect(reader.principal(in: text) == principal)
            }
        }
    }

    @Test func whoDiffersInOneRoleHasAnotherText() throws {
        let header = PrincipalHeader()
        var other = Self.principal(1)
        let text = try header.text(of: other)
        other.appRoles["app-0"] = .viewer
        let weaker = try header.text(of: other)
        #expect(weaker != text)
        #expect(header.principal(in: weaker)?.appRoles == ["app-0": .viewer])
        #expect(header.principal(in: text)?.appRoles == ["app-0": .owner])
    }

    @Test(arguments: ["", "x", "e30=", "bnVsbA==", "[]"]) func whatIsNoPrincipalIsNone(_ text: String) {
        let header = PrincipalHeader()
        for _ in 0..<2 { #expect(header.principal(in: text) == nil) }
    }
}
