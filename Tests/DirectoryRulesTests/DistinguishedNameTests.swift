import Testing

@testable import DirectoryRules

@Suite struct DistinguishedNameTests {
    /// Ways to write one name (RFC 4514; RFC 4517 caseIgnoreMatch).
    @Test(arguments: [
        "uid=alice,ou=people,dc=example,dc=org",
        "UID=Alice,OU=People,DC=Example,DC=ORG",
        "uid = alice , ou=people , dc=example,dc=org",
        "uid=\\61lice,ou=people,dc=example,dc=org",
        "uid=alice,ou=peo\\70le,dc=example,dc=org",
    ]) func oneSpelling(_ text: String) throws {
        let name = try #require(DistinguishedName(text))
        #expect(name.description == "uid=alice,ou=people,dc=example,dc=org")
    }

    @Test(arguments: [
        ("cn=a\\,b,dc=x", "cn=a\\,b,dc=x"), ("cn=a\\2Cb,dc=x", "cn=a\\,b,dc=x"), ("cn=a\\\\,dc=x", "cn=a\\\\,dc=x"),
        ("cn=a\\+b,dc=x", "cn=a\\+b,dc=x"), ("cn=b+ou=a,dc=x", "cn=b+ou=a,dc=x"), ("ou=a+cn=b,dc=x", "cn=b+ou=a,dc=x"),
        ("cn=Jörg\\C3\\9F,dc=x", "cn=jörgß,dc=x"), ("cn=a  b,dc=x", "cn=a b,dc=x"), ("cn=\\#1,dc=x", "cn=\\#1,dc=x"),
    ]) func escapes(_ text: String, _ normal: String) throws {
        #expect(try #require(DistinguishedName(text)).description == normal)
    }

    @Test(arguments: ["alice", "=alice", "uid=,dc=x", "uid=alice,", "uid=a\\", "uid=\"a\",dc=x", "u d=a", "uid=\\ff,dc=x", ","])
    func whatIsNoName(_ text: String) { #expect(DistinguishedName(text) == nil) }

    @Test func within() throws {
        let base = try #require(DistinguishedName("ou=people,dc=example,dc=org"))
        func isWithin(_ text: String) throws -> Bool { try #require(DistinguishedName(text)).isWithin(base) }
        #expect(try isWithin("uid=alice,OU=People,dc=example,dc=org"))
        #expect(try isWithin("ou=people,dc=example,dc=org"))
        #expect(try !isWithin("uid=alice,ou=people\\,dc=example,dc=org"))
        #expect(try !isWithin("uid=alice,ou=xpeople,dc=example,dc=org"))
        #expect(try !isWithin("dc=example,dc=org"))
        #expect(try !isWithin("uid=alice,ou=people,dc=example,dc=org,dc=evil"))
    }
}

@Suite struct FilterTextTests {
    /// RFC 4515 section 4 and what an attacker would type.
    @Test(arguments: [
        ("alice", "(uid=alice)"), ("a*", "(uid=a\\2a)"), ("*)(uid=*", "(uid=\\2a\\29\\28uid=\\2a)"), ("a\\2a", "(uid=a\\5c2a)"),
        ("a\0b", "(uid=a\\00b)"), ("Lučić", "(uid=Lu\\c4\\8di\\c4\\87)"), ("{username}", "(uid={username})"),
    ]) func valuesAreOnlyCompared(_ value: String, _ filter: String) {
        #expect(FilterText.fill("(uid={username})", "{username}", with: value) == filter)
    }

    @Test func whatWasFilledInIsNotFilledAgain() {
        let filter = FilterText.fill(
            "(|(member={dn})(memberUid={username}))", ["{dn}": "uid={username},dc=x", "{username}": "{dn}"])
        #expect(filter == "(|(member=uid={username},dc=x)(memberUid={dn}))")
    }

    @Test(arguments: [
        ("(uid={username})", "(uid=*)"), ("(|(member={dn})(memberUid={username}))", "(|(member=*)(memberUid=*))"),
        ("(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={dn}))", "(&(objectClass=group)(member=*))"),
    ]) func anybody(_ template: String, _ filter: String) {
        #expect(FilterText.anybody(template, ["{username}", "{dn}"]) == filter)
    }
}
