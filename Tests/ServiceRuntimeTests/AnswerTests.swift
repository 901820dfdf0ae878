import PlatformModel
import TestSupport
import Testing

@Suite struct AnswerTests {
    @Test func unknownPathsAndMethods() async throws {
        let probe = try await Probe.started()
        let missing = try await probe.curl("/v1/nothing")
        #expect(missing.status == "404")
        #expect(missing.output.contains(#""error":"not_found""#))
        let method = try await probe.curl("/v1/echo", "-i", "-X", "DELETE")
        #expect(method.status == "405")
        #expect(method.output.lowercased().contains("allow: post"))
        #expect(method.output.contains(#""error":"method_not_allowed""#))
    }

    @Test func anUnknownErrorKeepsItsTextToTheLog() async throws {
        let probe = try await Probe.started()
        let answer = try await probe.curl("/v1/secretive", "-H", "Martlet-Request-ID: abc-123")
        #expect(answer.status == "500")
        #expect(!answer.output.contains("swordfish"))
        #expect(answer.output.contains("abc-123"))
        #expect(probe.process.output.contains("swordfish"))
    }

    @Test func everyAnswerCarriesVersionAndRequest() async throws {
        let probe = try await Probe.started()
        for path in ["/healthz", "/v1/nothing", "/v1/secretive"] {
            let answer = try await probe.curl(path, "-i").output.lowercased()
            #expect(answer.contains("martlet-api-version: 1"), "\(path)")
            #expect(answer.contains("martlet-request-id: "), "\(path)")
        }
    }

    @Test(arguments: [("1", "200"), ("2", "200"), ("0", "200"), ("3", "426"), ("-1", "426"), ("x", "400")])
    func wireVersions(version: String, status: String) async throws {
        let probe = try await Probe.started()
        let answer = try await probe.curl("/v1/whoami/x", "-H", "Martlet-Wire-Version: \(version)")
        #expect(answer.status == status)
        if status == "426" { #expect(answer.output.contains("wire version \(version), this room 1")) }
    }

    @Test func jsonBodies() async throws {
        let probe = try await Probe.started()
        #expect(try await probe.curl("/v1/echo", "-d", #"{"b":1,"a":[2]}"#).output == "{\"a\":[2],\"b\":1}\n200")
        #expect(try await probe.curl("/v1/echo", "-d", "{").status == "400")
    }

    @Test func metricsCountRequestsByRouteAndCode() async throws {
        let probe = try await Probe.started()
        for _ in 0..<3 { _ = try await probe.curl("/v1/whoami/x") }
        _ = try await probe.curl("/v1/other")
        let text = try await probe.curl("/metrics").output
        #expect(text.contains(#"martlet_requests_total{route="/v1/whoami/{word}",method="GET",code="200"} 3.0"#))
        #expect(text.contains(#"code="404"} 1.0"#))
        #expect(text.contains(#"martlet_request_seconds_count{route="/v1/whoami/{word}"} 3.0"#))
        #expect(text.contains(#"martlet_request_seconds_bucket{route="/v1/whoami/{word}",le="10.0"} 3.0"#))
        #expect(text.contains(#"martlet_request_seconds_bucket{route="/v1/whoami/{word}",le="+Inf"} 3.0"#))
        #expect(text.contains("martlet_requests_in_flight 1"))
        let memory = text.split(separator: "\n").first { $0.hasPrefix("process_resident_memory_bytes ") }
        #expect((memory?.split(separator: " ").last.flatMap { Int($0) } ?? 0) > 1 << 20)
    }

    @Test func readinessNamesWhatFails() async throws {
        let folder = try TemporaryFolder("probe")
        let probe = try Probe(in: folder, extra: "ready_file: \(folder.file("ready"))")
        try await probe.answers()
        let waiting = try await probe.curl("/readyz")
        #expect(waiting.status == "503")
        #expect(waiting.output.contains(#""failing":{"file":"#))
        #expect(try await probe.curl("/healthz").status == "200")
        try folder.write("", to: "ready")
        #expect(try await probe.curl("/readyz").output.contains(#""ready":true"#))
    }
}
