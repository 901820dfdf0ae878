import Testing

@testable import DirectoryClient

@Suite struct DirectoryConfigurationTests {
    @Test func configurationsThatWouldLeakAreRefused() {
        func problems(_ url: String, _ startTLS: Bool) -> [String] {
            DirectoryConfiguration(
                urls: [url], startTLS: startTLS, bindDN: "cn=m,dc=x", bindPasswordFile: "/x", userBase: "dc=x", groupBase: "dc=x"
            ).problems.map(\.key)
        }
        #expect(problems("ldap://ldap.example.org", false) == ["urls[0]"])
        #expect(problems("ldap://ldap.example.org", true) == [])
        #expect(problems("ldaps://ldap.example.org", false) == [])
        #expect(problems("ldapi://%2Frun%2Fslapd", false) == [])
        #expect(problems("http://ldap.example.org", true) == ["urls[0]"])
        let bad = DirectoryConfiguration(
            urls: [], bindDN: "martlet", bindPasswordFile: "/x", userBase: "", userFilter: "uid=x", groupBase: "x",
            groupFilter: "(member=x)",
            connectTimeoutSeconds: 0)
        #expect(
            bad.problems.map(\.key)
                == ["urls", "user.base", "group.base", "bind_dn", "user.filter", "group.filter", "connect_timeout_seconds"])
    }

    private func problems(_ change: (inout DirectoryConfiguration) -> Void) -> [String] {
        var configuration = DirectoryConfiguration(
            urls: ["ldaps://ldap.example.org"], bindDN: "cn=m,dc=x", bindPasswordFile: "/x", userBase: "dc=x", groupBase: "dc=x")
        change(&configuration)
        return configuration.problems.map(\.key)
    }

    @Test(arguments: [
        "ldaps://ldap.example.org/dc=x", "ldaps://ldap.example.org/?uid", "ldaps:///", "ldaps://", "ldaps://host:99999",
        "ldapi://",
        "LDAP://ldap.example.org", "ldap://ldap.example.org",
    ]) func addressesThatSayTooMuchOrTooLittle(_ url: String) { #expect(problems { $0.urls = [url] } == ["urls[0]"]) }

    @Test func filtersAndAttributes() {
        #expect(problems { _ in } == [])
        for filter in ["(uid={username}", "(uid={username}))", "(a=b)(uid={username})", "uid={username}", "(uid=x)", "()", ""] {
            #expect(problems { $0.userFilter = filter } == ["user.filter"], "\(filter)")
        }
        #expect(problems { $0.disabledFilter = "(employeeType=left)" } == [])
        #expect(problems { $0.disabledFilter = "employeeType=left" } == ["user.disabled_filter"])
        #expect(problems { $0.nesting = .matchingRule } == ["group.filter"])
        // T19: names and mail addresses are no identity.
        for name in ["uid", "MAIL", "cn", "sAMAccountName", "userPrincipalName", "a b", ""] {
            #expect(problems { $0.userIDAttribute = name }.allSatisfy { $0 == "user.id_attribute" }, "\(name)")
            #expect(!problems { $0.userIDAttribute = name }.isEmpty, "\(name)")
        }
        #expect(problems { $0.bindDN = "martlet@example.org" } == ["bind_dn"])
        #expect(
            problems {
                $0.kind = .activeDirectory
                $0.bindDN = "martlet@example.org"
            } == [])
    }

    @Test func whatTheKindsMean() {
        func configuration(_ kind: DirectoryConfiguration.Kind, _ nesting: DirectoryConfiguration.Nesting)
            -> DirectoryConfiguration
        {
            DirectoryConfiguration(
                kind: kind, urls: ["ldaps://x"], bindDN: "cn=m,dc=x", bindPasswordFile: "/x", userBase: "dc=x", groupBase: "dc=x",
                nesting: nesting)
        }
        let active = configuration(.activeDirectory, .matchingRule)
        #expect(active.problems.isEmpty && active.userIDAttribute == "objectGUID" && active.userNameAttribute == "sAMAccountName")
        #expect(active.groupFilter == "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))")
        #expect(active.userFilter.contains("(|(sAMAccountName={username})(userPrincipalName={username}))"))
        let open = configuration(.openLDAP, .closure)
        #expect(open.problems.isEmpty && open.userIDAttribute == "entryUUID" && open.userFilter == "(uid={username})")
        #expect(open.groupFilter == "(|(member={dn})(uniqueMember={dn}))")
    }
}
