import Drivers
import Outgoing
import PlatformModel
import Testing

@Suite struct DriverAddressTests {
    @Test(arguments: [
        ("https://drivers.example.com", "https://drivers.example.com/"),
        ("HTTPS://Drivers.Example.com:443/route53", "https://drivers.example.com/route53/"),
        ("http://10.0.0.1:8080//a//b/", "http://10.0.0.1:8080/a/b/"), ("https://[FD00::1]:8443/x", "https://[fd00::1]:8443/x/"),
    ])
    func readInOneWay(text: String, shown: String) throws {
        #expect(try DriverAddress(text).description == shown)
    }

    @Test(arguments: [
        "", "drivers.example.com", "unix:///run/x.sock", "http+unix://%2Frun%2Fx/", "file:///etc/passwd", "https://",
        "https:///x",
        "https://user:pw@host/", "https://host\\@evil/", "https://host:0/", "https://host:99999/", "https://host:8x/",
        "https://a b/",
        "https://host/?q=1", "https://host/#f", "https://host/../x", "https://host/%zz", "https://[::1/", "https://[evil]/",
        "https://h\u{0}st/", "https://host/a\r\nX: y", "https://\u{FF0E}example/", "driver://acme", "driver://acme/x/y",
    ])
    func whatIsNoTarget(text: String) {
        #expect(throws: DriverTargetError.self) { try DriverTarget(text) }
    }

    private func allow(_ entries: [String], _ target: String, at machine: String) throws -> Bool {
        var rules = OutgoingRules()
        for entry in entries {
            let isRule = rules.add(entry)
            #expect(isRule, "\(entry)")
        }
        return rules.allow(try DriverAddress(target), at: try #require(IPAddress(machine)))
    }

    /// What a name may resolve to, and must not lead to by itself.
    @Test(arguments: [
        "127.0.0.1", "127.9.9.9", "0.0.0.0", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::", "::1", "::ffff:127.0.0.1", "fe80::1",
        "fd00::1", "ff02::1", "2002:7f00:1::", "64:ff9b::7f00:1", "2001:db8::1", "2001::1",
    ])
    func publicMeansTheInternet(machine: String) throws {
        #expect(try !allow(["public"], "https://drivers.example.com/", at: machine))
    }

    @Test func rules() throws {
        #expect(try allow(["public"], "https://drivers.example.com/", at: "93.184.216.34"))
        #expect(try allow(["public"], "https://drivers.example.com/", at: "2606:2800:220:1::1"))
        #expect(try !allow(["public"], "http://drivers.example.com/", at: "93.184.216.34"), "secrets would go in clear")
        #expect(try !allow([], "https://drivers.example.com/", at: "93.184.216.34"))
        let inside = "http://drivers.internal:8080/"
        #expect(try allow(["10.0.0.0/8"], inside, at: "10.1.2.3"))
        #expect(try allow(["10.1.2.3:8080"], inside, at: "10.1.2.3"))
        #expect(try !allow(["10.1.2.3:8081"], inside, at: "10.1.2.3"))
        #expect(try !allow(["10.0.0.0/15"], inside, at: "10.2.0.1"))
        #expect(try allow(["drivers.internal"], inside, at: "127.0.0.1"), "a named host may have any address")
        #expect(try allow(["*.internal:8080"], inside, at: "10.1.2.3"))
        #expect(try !allow(["*.ternal"], inside, at: "10.1.2.3"))
        #expect(try !allow(["internal"], inside, at: "10.1.2.3"))
        // A wide network does not open this machine by the way.
        for machine in ["127.0.0.1", "169.254.169.254", "0.0.0.0"] {
            #expect(try !allow(["0.0.0.0/0", "10.0.0.0/8"], inside, at: machine))
        }
        #expect(try !allow(["::/0"], inside, at: "::1"))
        #expect(try allow(["127.0.0.1:8080"], inside, at: "127.0.0.1"))
        #expect(try allow(["[::1]:8080"], inside, at: "::1"))
        #expect(try allow(["169.254.0.0/16"], inside, at: "169.254.1.1"))
    }

    @Test(arguments: ["", "*", "*.", "host:0", "host:x", "10.0.0.0/33", "a b", "http://host", "[::1", "host/path", "*.*.x"])
    func whatIsNoRule(text: String) {
        var rules = OutgoingRules()
        let isRule = rules.add(text)
        #expect(!isRule)
    }
}
