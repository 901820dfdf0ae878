import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct EventStreamResponseTests {
    @Test func eventsThenEnd() async throws {
        let probe = try await Probe.started()
        let answer = try await probe.curl("/v1/count?to=2", "-i")
        #expect(answer.output.lowercased().contains("content-type: text/event-stream"))
        #expect(answer.output.contains("id: 1\nevent: count\ndata: 1\n\nid: 2\nevent: count\ndata: 2\n\nevent: end\n"))
    }

    @Test func resumesAfterTheLastEventSeen() async throws {
        let probe = try await Probe.started()
        let byHeader = try await probe.curl("/v1/count?to=5", "-H", "Last-Event-ID: 3").output
        #expect(!byHeader.contains("id: 3\n"))
        #expect(byHeader.contains("id: 4\n"))
        #expect(try await probe.curl("/v1/count?to=5&last_event_id=3").output.contains("id: 5\n"))
    }

    @Test func heartbeatsWhenNothingHappens() async throws {
        let probe = try await Probe.started()
        let client = try RawClient(unix: probe.socket)
        client.write("GET /v1/quiet HTTP/1.1\r\nHost: x\r\n\r\n")
        let beat = ": still here"
        #expect(try await client.read(until: beat).contains("text/event-stream"))
        try await eventually("more heartbeats") { String(decoding: client.available() ?? [], as: UTF8.self).contains(beat) }
    }

    /// A reader that does not read is cut; one that reads slowly but does is not.
    @Test func aReaderThatDoesNotReadIsCut() async throws {
        let probe = try await Probe.started(extra: "stall: 0.5")
        let client = try RawClient(unix: probe.socket)
        client.write("GET /v1/flood HTTP/1.1\r\nHost: x\r\n\r\n")
        // Nothing is read until the server has given up.
        let deadline = ContinuousClock.now + .seconds(2)
        try await eventually("two seconds without reading") { ContinuousClock.now > deadline }
        let count = try await client.readToEnd()
        // What fitted into the buffers of kernel and server, not what a flood would have brought.
        #expect(count < 16 << 20, "\(count) bytes")
        #expect(count > 0)
        // The room goes on.
        #expect(try await probe.curl("/healthz").status == "200")
    }

    @Test func endsWhenTheServerDrains() async throws {
        let probe = try await Probe.started()
        let client = try RawClient(unix: probe.socket)
        client.write("GET /v1/quiet HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await client.read(until: "still here")
        probe.process.kill(15)
        let rest = try await client.read(until: "never said")
        #expect(!rest.contains("event: end"))
        #expect(try await probe.process.exit() == 0)
    }

    /// A stream relayed by a second room: what comes, its resume, its end, and that it ends when the relay drains.
    @Test func relayed() async throws {
        let source = try await Probe.started()
        let relay = try await Probe.started(extra: "upstream: \(source.socket)")
        let answer = try await relay.curl("/v1/relay/count?to=3", "-i", "-H", "Last-Event-ID: 1")
        #expect(answer.output.contains("id: 2\nevent: count\ndata: 2\n\nid: 3\nevent: count\ndata: 3\n\nevent: end\n"))
        #expect(answer.output.lowercased().contains("content-type: text/event-stream"))
        #expect(try await relay.curl("/v1/relay/nothing").status == "404")
        let held = try await relay.curl("/v1/relay/whoami/x")
        #expect(held.status == "200")
        let long = try await relay.curl("/v1/relay/large?mebibytes=1", "-o", "/dev/null", "-w", "%{size_download} ")
        #expect(long.output.hasPrefix("\(1 << 20) "), "\(long)")
        let head = try await relay.curl("/v1/relay/whoami/x", "--head")
        #expect(
            head.status == "200" && head.output.lowercased().contains("content-length: \(held.output.utf8.count - 4)"), "\(head)")
        // Nobody is given half of a short answer.
        let torn = try await relay.curl("/v1/relay/torn")
        #expect(torn.status.hasPrefix("5") && torn.output.contains("\"error\""), "\(torn)")
        let client = try RawClient(unix: relay.socket)
        client.write("GET /v1/relay/quiet HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await client.read(until: "still here")
        relay.process.kill(15)
        #expect(try await !client.read(until: "never said").contains("event: end"))
        #expect(try await relay.process.exit() == 0)
    }

    /// Of a relay too a reader that does not read is cut, whatever the body is; one that reads gets all of it.
    @Test(arguments: ["flood", "large"]) func aReaderOfARelayThatDoesNotReadIsCut(_ path: String) async throws {
        let source = try await Probe.started()
        let relay = try await Probe.started(extra: "upstream: \(source.socket)\nstall: 0.5")
        let client = try RawClient(unix: relay.socket)
        client.write("GET /v1/relay/\(path) HTTP/1.1\r\nHost: x\r\n\r\n")
        // Nothing is read until the relay has given up.
        let deadline = ContinuousClock.now + .seconds(2)
        try await eventually("two seconds without reading") { ContinuousClock.now > deadline }
        let count = try await client.readToEnd()
        #expect(count > 0 && count < 32 << 20, "\(count) bytes")
        let whole = try await relay.curl("/v1/relay/large?mebibytes=8", "-o", "/dev/null", "-w", "%{size_download} ")
        #expect(whole.output.hasPrefix("\(8 << 20) "), "\(whole)")
    }

    @Test func aRelayedStreamThatBreaksIsNotEndedProperly() async throws {
        let source = try await Probe.started()
        let relay = try await Probe.started(extra: "upstream: \(source.socket)")
        let client = try RawClient(unix: relay.socket)
        client.write("GET /v1/relay/quiet HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await client.read(until: "still here")
        source.process.kill(9)
        // The last chunk of a whole body is empty.
        #expect(try await !client.read(until: "never said").hasSuffix("0\r\n\r\n"))
    }
}
