import TestSupport
import Testing

@Suite struct BoundsTests {
    @Test func bodiesBeyondTheRoutesLimitAre413() async throws {
        let probe = try await Probe.started()
        #expect(try await probe.curl("/v1/small", "-d", "0123456789").status == "200")
        let known = try await probe.curl("/v1/small", "-d", "0123456789a")
        #expect(known.status == "413")
        #expect(known.output.contains("10 bytes"))
        let chunked = try await probe.curl("/v1/small", "-H", "Transfer-Encoding: chunked", "-d", "0123456789a")
        #expect(chunked.status == "413")
        #expect(try await probe.curl("/v1/small", "-H", "Transfer-Encoding: chunked", "-d", "0123456789").status == "200")
    }

    @Test func theDefaultLimitIsTwoMebibytes() async throws {
        let probe = try await Probe.started()
        try probe.folder.write("\"" + String(repeating: "x", count: (2 << 20) - 2) + "\"", to: "fits")
        try probe.folder.write("\"" + String(repeating: "x", count: (2 << 20) - 1) + "\"", to: "large")
        #expect(
            try await probe.curl("/v1/echo", "-o", "/dev/null", "--data-binary", "@\(probe.folder.file("fits"))").status == "200")
        #expect(try await probe.curl("/v1/echo", "--data-binary", "@\(probe.folder.file("large"))").status == "413")
    }

    @Test func aLargeHeadIs431() async throws {
        let probe = try await Probe.started()
        func head(_ kibibytes: Int) -> String {
            "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: " + String(repeating: "x", count: kibibytes << 10) + "\r\n\r\n"
        }
        // Roles on very many applications.
        var client = try RawClient(unix: probe.socket)
        client.write(head(1000))
        #expect(try await client.read(until: "\r\n").hasPrefix("HTTP/1.1 200"))
        client = try RawClient(unix: probe.socket)
        client.write(head(1025))
        #expect(try await client.read(until: "head_too_large").hasPrefix("HTTP/1.1 431"))
        client = try RawClient(unix: probe.socket)
        client.write("GET /healthz HTTP/1.1\r\n" + (0..<200).map { "X-\($0): y\r\n" }.joined() + "\r\n")
        #expect(try await client.read(until: "head_too_large").hasPrefix("HTTP/1.1 431"))
    }

    @Test func nonsenseIs400() async throws {
        let probe = try await Probe.started()
        let client = try RawClient(unix: probe.socket)
        client.write("this is no request\r\n\r\n")
        #expect(try await client.read(until: "bad_request").hasPrefix("HTTP/1.1 400"))
    }

    @Test func aHeadThatDoesNotComeIsCut() async throws {
        let probe = try await Probe.started(extra: "head_timeout: 0.3")
        let silent = try RawClient(unix: probe.socket)
        let slow = try RawClient(unix: probe.socket)
        slow.write("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        #expect(try await slow.readToEnd() == 0)
        #expect(try await silent.readToEnd() == 0)
        // The clock starts again with each request of a connection, and not while one is answered.
        let kept = try RawClient(unix: probe.socket)
        kept.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await kept.read(until: "alive")
        kept.write("GET /healthz HTTP/1.1\r\n")
        #expect(try await kept.readToEnd() == 0)
    }

    @Test func connectionsBeyondTheLimitWait() async throws {
        let probe = try await Probe.started(extra: "connections: 2")
        var held: [RawClient] = []
        for _ in 0..<2 {
            let client = try RawClient(unix: probe.socket)
            client.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            _ = try await client.read(until: "alive")
            held.append(client)
        }
        let third = try RawClient(unix: probe.socket)
        third.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually("two requests answered") { probe.process.output.components("\"answered\"") == 2 }
        #expect(third.available() == [])
        held.removeLast()
        #expect(try await third.read(until: "alive").hasPrefix("HTTP/1.1 200"))
    }
}

extension String {
    /// How often a text occurs.
    func components(_ text: String) -> Int { ranges(of: text).count }
}
