import Cryptography
import TestSupport
import Testing

@testable import DirectoryClient

/// What leaves for the directory, as somebody in between sees it.
@Suite struct DirectoryCaptureTests {
    /// The server lets an empty password in as anonymous (shown first), so the refusal is ours. Over the Unix socket everything is in
    /// clear, and every message is seen.
    @Test func t13NoBindLeavesWithoutAPassword() async throws {
        try await PrivateSlapd.with { slapd in
            let code = try await slapd.exitCode(
                "ldapwhoami", "-x", "-ZZ", "-H", slapd.ldapURL, "-D", "uid=alice,ou=people,dc=example,dc=org", "-w", "")
            #expect(code == 0, "this server should take an empty password, or the test proves nothing")
            let path = slapd.folder + "/relay"
            let relay = try RecordingRelay(at: path, to: .path(slapd.folder + "/ldapi"))
            defer { relay.stop() }
            let url = "ldapi://" + path.split(separator: "/").map { "%2F" + $0 }.joined()
            let directory = Directory(slapd.configuration(urls: [url]))
            defer { directory.stop() }
            for password in ["", "alice-demo\0", "\0", "\0alice-demo"] {
                for name in ["alice", "nobody"] {
                    #expect(await directory.signIn(username: name, password: secret(password)).isNotFound)
                }
            }
            #expect(await directory.signIn(username: "", password: secret("x")).isNotFound)
            #expect(await directory.signIn(username: "alice\0", password: secret("alice-demo")).isNotFound)
            #expect(relay.connections == 0, "nothing at all was sent")
            // Spaces are a password like any other: it is sent, and the server refuses it.
            #expect(await directory.signIn(username: "alice", password: secret("   ")).isNotFound)
            #expect(try binds(relay) == 2, "the service account's, and the one with the spaces")
            #expect(await directory.signIn(username: "alice", password: secret("alice-demo")).value != nil)
            #expect(try binds(relay) > 2)
            // A thread's session refuses, too, whoever asks it.
            let session = DirectorySession(slapd.configuration(urls: [url]), servers: ServerPool(count: 1))
            let before = try binds(relay)
            #expect(try !session.accepts(dn: "uid=alice,ou=people,dc=example,dc=org", password: secret("")))
            #expect(try !session.accepts(dn: "uid=alice,ou=people,dc=example,dc=org", password: secret("a\0b")))
            #expect(try binds(relay) == before)
        }
    }

    private func binds(_ relay: RecordingRelay) throws -> Int {
        try relay.sent.reduce(0) { count, bytes in
            let kinds = try #require(LDAPMessages.kinds(in: bytes))
            return count + kinds.count { $0 == LDAPMessages.bindRequest }
        }
    }

    enum BadServer: CaseIterable {
        case wrongHost, expired, selfSigned, otherAuthority
    }

    @Test(arguments: BadServer.allCases, [true, false])
    func t20AServerThatCannotProveItselfHearsNothing(_ bad: BadServer, _ startTLS: Bool) async throws {
        let names = bad == .wrongHost ? "DNS:directory.example.org" : "IP:127.0.0.1"
        let certificate: PrivateSlapd.Certificate = bad == .expired ? .expired : bad == .selfSigned ? .selfSigned : .signed
        try await PrivateSlapd.with(certificate: certificate, certificateNames: names) { slapd in
            let relay = try RecordingRelay(to: .port(startTLS ? slapd.ldapPort : slapd.ldapsPort))
            defer { relay.stop() }
            var configuration = slapd.configuration(
                urls: ["\(startTLS ? "ldap" : "ldaps")://127.0.0.1:\(relay.port)"], startTLS: startTLS)
            if bad == .otherAuthority { configuration.certificateAuthorities = "/etc/ssl/certs/ca-certificates.crt" }
            try await refused(configuration, relay, isStartTLS: startTLS)
        }
    }

    /// Somebody in between takes StartTLS away: as a server without it would answer, or with bytes that are no LDAP.
    @Test(arguments: [LDAPMessages.refusalOfStartTLS, Array("HTTP/1.1 200 OK\r\n\r\n".utf8)])
    func t20StartTLSStripped(_ answer: [UInt8]) async throws {
        try await PrivateSlapd.with { slapd in
            let relay = try RecordingRelay(to: .port(slapd.ldapPort), .answering(answer))
            defer { relay.stop() }
            let url = "ldap://127.0.0.1:\(relay.port)"
            try await refused(slapd.configuration(urls: [url], startTLS: true, requestSeconds: 2), relay, isStartTLS: true)
            for bytes in relay.sent {
                // The goodbye may be on its way still.
                let kinds = try #require(LDAPMessages.kinds(in: bytes)).filter { $0 != LDAPMessages.unbindRequest }
                #expect(kinds == [LDAPMessages.extendedRequest])
            }
        }
    }

    /// With a good server behind it the same relay carries a sign-in, so that the refusals above mean something.
    @Test(arguments: [true, false]) func t20AGoodServerIsUsedAndNothingIsReadable(_ startTLS: Bool) async throws {
        try await PrivateSlapd.with { slapd in
            let relay = try RecordingRelay(to: .port(startTLS ? slapd.ldapPort : slapd.ldapsPort))
            defer { relay.stop() }
            let url = "\(startTLS ? "ldap" : "ldaps")://127.0.0.1:\(relay.port)"
            let directory = Directory(slapd.configuration(urls: [url], startTLS: startTLS))
            defer { directory.stop() }
            #expect(await directory.signIn(username: "alice", password: secret("alice-demo")).value != nil)
            #expect(relay.connections == 2)
            nothingReadable(relay)
        }
    }

    private func refused(_ configuration: DirectoryConfiguration, _ relay: RecordingRelay, isStartTLS: Bool) async throws {
        let directory = Directory(configuration)
        defer { directory.stop() }
        let reason = await directory.signIn(username: "alice", password: secret("alice-demo")).reason
        #expect(reason?.contains(isStartTLS ? "StartTLS" : "TLS") == true, "\(reason ?? "it was let in")")
        #expect(relay.connections >= 1)
        nothingReadable(relay)
    }

    private func nothingReadable(_ relay: RecordingRelay) {
        for bytes in relay.sent {
            for word in ["alice", "demo", PrivateSlapd.bindPassword, "martlet", "example"] {
                #expect(bytes.firstRange(of: Array(word.utf8)) == nil, "\(word) went over the wire")
            }
        }
    }
}
