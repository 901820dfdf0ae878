import TestSupport
import Testing

@Suite struct TLSListenerTests {
    private func certificate(in folder: TemporaryFolder) async throws -> String {
        let made = try await CommandRun([
            "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
            "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder.file("key.pem"), "-out",
            folder.file("cert.pem"),
        ])
        #expect(made.code == 0, "\(made.error)")
        return "tls:\n  certificate: \(folder.file("cert.pem"))\n  key: \(folder.file("key.pem"))"
    }

    private func get(_ folder: TemporaryFolder, _ port: Int, _ path: String, _ arguments: String...) async throws -> CommandRun {
        try await CommandRun(
            ["curl", "-sS", "-m", "20", "-w", "\\n%{http_code}", "--cacert", folder.file("cert.pem")] + arguments
                + ["https://127.0.0.1:\(port)\(path)"])
    }

    /// TLS and HTTP on a TCP socket that was passed by name, beside a passed Unix socket.
    @Test func onAPassedSocket() async throws {
        let folder = try TemporaryFolder("tls")
        let tls = try await certificate(in: folder)
        let unix = try ListeningSocket(unix: folder.file("probe.sock")), tcp = try ListeningSocket()
        let probe = try Probe(
            in: folder, extra: tls, passing: [(tcp.descriptor, "https"), (unix.descriptor, "martlet-probe.socket")])
        let answer = try await get(folder, tcp.port, "/public")
        #expect(answer.output == "{\"address\":\"127.0.0.1\"}\n200", "\(answer.error) \(probe.process.output)")
        #expect(try await probe.curl("/healthz").status == "200")
        // The network sees its own routes and the plain sign of life, nothing of the rooms'.
        #expect(try await get(folder, tcp.port, "/healthz").status == "200")
        for path in ["/readyz", "/metrics", "/v1/whoami/x", "/v1/admin/block/loops"] {
            #expect(try await get(folder, tcp.port, path).status == "404", "\(path)")
        }
        #expect(try await probe.curl("/public").status == "404")
        let large = try await get(folder, tcp.port, "/public", "-H", "X-Large: " + String(repeating: "x", count: 40 << 10))
        #expect(large.status == "431" && large.output.contains("head_too_large"))
    }

    @Test func onAnAddressOfItsOwn() async throws {
        let folder = try TemporaryFolder("tls")
        let tls = try await certificate(in: folder)
        let reserved = try ReservedPort(), port = reserved.number
        defer { withExtendedLifetime(reserved) {} }
        let probe = try Probe(in: folder, extra: tls + "\n  port: \(port)")
        try await probe.answers()
        #expect(try await get(folder, port, "/public").status == "200", "\(probe.process.output)")
        probe.process.kill(15)
        #expect(try await probe.process.exit() == 0)
    }

    @Test func aHandshakeThatDoesNotComeIsCut() async throws {
        let folder = try TemporaryFolder("tls")
        let tls = try await certificate(in: folder)
        let tcp = try ListeningSocket()
        let probe = try Probe(in: folder, extra: tls + "\nhead_timeout: 0.3", passing: [(tcp.descriptor, "https")])
        try await probe.answers()
        #expect(try await RawClient(port: tcp.port).readToEnd() == 0)
    }
}
