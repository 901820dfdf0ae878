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
}

@Suite struct EventQueueTests {
    private func limits(events: Int, bytes: Int = 1 << 20) -> StreamLimits {
        var limits = StreamLimits()
        (limits.events, limits.bytes) = (events, bytes)
        return limits
    }

    @Test func offersAreBoundedByNumberAndBytes() async {
        let few = EventQueue(limits: limits(events: 2))
        #expect([few.offer("a"), few.offer("b"), few.offer("c")] == [true, true, false])
        let small = EventQueue(limits: limits(events: 9, bytes: 4))
        // A frame larger than the limit goes alone.
        #expect([small.offer("abcdef"), small.offer("x")] == [true, false])
        #expect(await small.next() == "abcdef")
        #expect([small.offer("ab"), small.offer("cd"), small.offer("e")] == [true, true, false])
    }

    @Test func sendersWaitForTheReader() async throws {
        let queue = EventQueue(limits: limits(events: 1))
        async let sent: Void = { for number in 0..<100 { try await queue.send("\(number),") } }()
        var all = ""
        while !all.hasSuffix("99,") { all += await queue.next() ?? "end" }
        try await sent
        #expect(all == (0..<100).map { "\($0)," }.joined())
    }

    @Test func theEndFreesEverybodyAndKeepsWhatWaits() async {
        let queue = EventQueue(limits: limits(events: 1))
        #expect(queue.offer("a"))
        async let sent: Bool = { (try? await queue.send("b")) != nil }()
        queue.finish()
        #expect(await !sent)
        #expect(await queue.next() == "a")
        #expect(await queue.next() == nil)
        #expect(!queue.offer("c"))
    }

    @Test func aCancelledSenderAndReaderGoOn() async {
        let full = EventQueue(limits: limits(events: 1))
        #expect(full.offer("a"))
        let sender = Task { (try? await full.send("b")) != nil }
        sender.cancel()
        #expect(await !sender.value)
        let empty = EventQueue(limits: limits(events: 1))
        let reader = Task { await empty.next() }
        reader.cancel()
        #expect(await reader.value == nil)
    }
}
