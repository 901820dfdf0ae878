import NIOCore
import Testing

@testable import ServiceRuntime

@Suite struct EventQueueTests {
    private func limits(events: Int, bytes: Int = 1 << 20) -> StreamLimits {
        var limits = StreamLimits()
        (limits.events, limits.bytes) = (events, bytes)
        return limits
    }

    @Test func offersAreBoundedByNumberAndBytes() async {
        let few = EventQueue(limits: limits(events: 2))
        #expect([few.offer(text: "a"), few.offer(text: "b"), few.offer(text: "c")] == [true, true, false])
        let small = EventQueue(limits: limits(events: 9, bytes: 4))
        // A frame larger than the limit goes alone.
        #expect([small.offer(text: "abcdef"), small.offer(text: "x")] == [true, false])
        #expect(await small.nextText() == "abcdef")
        #expect([small.offer(text: "ab"), small.offer(text: "cd"), small.offer(text: "e")] == [true, true, false])
    }

    @Test func sendersWaitForTheReader() async throws {
        let queue = EventQueue(limits: limits(events: 1))
        async let sent: Void = { for number in 0..<100 { try await queue.send(text: "\(number),") } }()
        var all = ""
        while !all.hasSuffix("99,") { all += await queue.nextText() ?? "end" }
        try await sent
        #expect(all == (0..<100).map { "\($0)," }.joined())
    }

    @Test func theEndFreesEverybodyAndKeepsWhatWaits() async {
        let queue = EventQueue(limits: limits(events: 1))
        #expect(queue.offer(text: "a"))
        async let sent: Bool = { (try? await queue.send(text: "b")) != nil }()
        queue.finish()
        #expect(await !sent)
        #expect(await queue.nextText() == "a")
        #expect(await queue.next() == nil)
        #expect(!queue.offer(text: "c"))
    }

    @Test func aCancelledSenderAndReaderGoOn() async {
        let full = EventQueue(limits: limits(events: 1))
        #expect(full.offer(text: "a"))
        let sender = Task { (try? await full.send(text: "b")) != nil }
        sender.cancel()
        #expect(await !sender.value)
        let empty = EventQueue(limits: limits(events: 1))
        let reader = Task { await empty.next() }
        reader.cancel()
        #expect(await reader.value == nil)
    }
}

extension EventQueue {
    fileprivate func offer(text: String) -> Bool { offer(ByteBuffer(string: text)) }
    fileprivate func send(text: String) async throws { try await send(ByteBuffer(string: text)) }
    fileprivate func nextText() async -> String? { await next().map { String(buffer: $0) } }
}
