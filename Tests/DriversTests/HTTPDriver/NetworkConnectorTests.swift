import Outgoing
import PlatformModel
import TestSupport
import Testing

@testable import Drivers

/// Over real sockets: TLS is verified, redirects are not followed, answers are bounded, and a name leads only where the rules allow.
@Suite(.timeLimit(.minutes(5)))
struct NetworkConnectorTests {
    /// A server with a certificate of its own for `localhost`: each way to answer is a GUResID.
    private final class Server: Sendable {
        let folder: TemporaryFolder
        let port: Int
        private let process: ProgramProcess

        private static let script = """
            import ssl, sys
            from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
            class Answers(BaseHTTPRequestHandler):
                def do_GET(self):
                    print(self.path, flush=True)
                    how = self.path.rsplit("/", 1)[-1]
                    if how == "cut": return self.connection.close()
                    self.send_response(302 if how == "moved" else 200)
                    if how == "moved": self.send_header("Location", "/elsewhere/secret")
                    self.send_header("Set-Humanitec-Driver-Cookie", self.headers.get("Humanitec-Driver-Cookie", "none"))
                    body = b"x" * (3 << 20) if how == "large" else b"{}"
                    sizes = {"short": len(body) + 1, "gigabyte": 1 << 30}
                    if how == "endless": self.send_header("Transfer-Encoding", "chunked")
                    else: self.send_header("Content-Length", str(sizes.get(how, len(body))))
                    self.end_headers()
                    self.wfile.write(b"2\\r\\n{}\\r\\n" if how == "endless" else body)
                    sent = 0
                    try:
                        while how in ("gigabyte", "endless"):
                            self.wfile.write(b"10000\\r\\n" + b"x" * 65536 + b"\\r\\n" if how == "endless" else b"x" * 65536)
                            sent += 65536
                    except OSError: print("stopped", how, sent, flush=True)
            server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(sys.argv[1], sys.argv[2])
            server.socket = context.wrap_socket(server.socket, server_side=True)
            print("port", server.server_port, flush=True)
            server.serve_forever()
            """

        init() async throws {
            let folder = try TemporaryFolder("https-driver")
            let made = try await CommandRun([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", folder.file("key.pem"), "-out",
                folder.file("certificate.pem"),
            ])
            try #require(made.code == 0, "\(made.error)")
            let process = try ProgramProcess(
                "/usr/bin/python3",
                arguments: ["-c", Self.script, folder.file("certificate.pem"), folder.file("key.pem")], log: folder.file("output")
            )
            port = try await eventually("the server's port") {
                process.output.split(separator: "\n").first { $0.hasPrefix("port ") }.flatMap { Int($0.dropFirst(5)) }
            }
            self.folder = folder
            self.process = process
        }

        var output: String { process.output }

        func send(_ how: String, host: String = "localhost", rule: String = "localhost", isTrusted: Bool = true)
            async throws(OutgoingFailure) -> DriverAnswer
        {
            var rules = OutgoingRules()
            _ = rules.add(rule)
            let connector = NetworkConnector(rules: rules, authorities: isTrusted ? [folder.file("certificate.pem")] : [])
            guard let address = try? DriverAddress("https://\(host):\(port)/x/") else { throw .lost("no address") }
            return try await connector.send(
                DriverCall(method: .get, address: address, guResID: how, cookie: "biscuit", timeout: .seconds(20)))
        }
    }

    private func failure(_ body: () async throws(OutgoingFailure) -> DriverAnswer) async -> OutgoingFailure? {
        do throws(OutgoingFailure) {
            _ = try await body()
            return nil
        } catch { return error }
    }

    @Test func certificatesAreVerified() async throws {
        let server = try await Server()
        let answer = try await server.send("well")
        #expect(answer.status == 200 && answer.cookie == "biscuit")
        guard case .untrusted = await failure({ () throws(OutgoingFailure) in try await server.send("a", isTrusted: false) })
        else {
            Issue.record("an authority that nobody trusts")
            return
        }
        // The certificate is of another name.
        guard
            case .untrusted = await failure({ () throws(OutgoingFailure) in
                try await server.send("b", host: "127.0.0.1", rule: "127.0.0.1")
            })
        else {
            Issue.record("a certificate of another name")
            return
        }
        #expect(!server.output.contains("/x/a") && !server.output.contains("/x/b"), "nothing is sent to a stranger")
    }

    @Test func redirectsSizesAndCuts() async throws {
        let server = try await Server()
        #expect(try await server.send("moved").status == 302)
        #expect(!server.output.contains("elsewhere"))
        #expect(
            await failure { () throws(OutgoingFailure) in try await server.send("large") }
                == .tooLarge(limit: NetworkConnector.largestAnswer))
        // T48: nobody reads on.
        for how in ["gigabyte", "endless"] {
            #expect(
                await failure { () throws(OutgoingFailure) in try await server.send(how) }
                    == .tooLarge(limit: NetworkConnector.largestAnswer))
            let sent = try await eventually("the end of \(how)") {
                server.output.split(separator: "\n").first { $0.hasPrefix("stopped \(how) ") }?.split(separator: " ").last
                    .flatMap { Int($0) }
            }
            #expect(sent < 64 << 20)
        }
        for how in ["cut", "short"] {
            let failure = await failure { () throws(OutgoingFailure) in try await server.send(how) }
            guard case .lost = failure else {
                Issue.record("\(how): \(String(describing: failure))")
                continue
            }
        }
    }

    /// The rules are about addresses, whatever the name.
    @Test func placesThatAreNotAllowed() async throws {
        let server = try await Server()
        for host in ["localhost", "127.0.0.1", "127.1", "2130706433", "0x7f000001"] {
            let failure = await failure { () throws(OutgoingFailure) in try await server.send("c", host: host, rule: "public") }
            guard case .notAllowed = failure else {
                Issue.record("\(host): \(String(describing: failure))")
                continue
            }
        }
        #expect(!server.output.contains("/x/c"))
        let nobody = await failure { () throws(OutgoingFailure) in
            try await server.send("d", host: "nobody.invalid", rule: "*.invalid")
        }
        guard case .notConnected = nobody else {
            Issue.record("\(String(describing: nobody))")
            return
        }
    }
}
