import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import LogAggregator

@Suite(.timeLimit(.minutes(10))) struct TailTests {
    private func events(
        _ logs: LogsFixture, _ query: [(String, String)] = [], after id: String = ""
    ) -> EventStream {
        logs.client.stream(LogsFixture.path + "/stream", query: query, lastEventID: id, principal: LogsFixture.viewer)
    }

    private func all(_ stream: EventStream) async throws -> [String] {
        var lines: [String] = []
        for try await event in stream { lines.append(event.data["payload"]?.string ?? "?") }
        return lines
    }

    @Test("Without following: what there is, from the last lines or after an id, and the end")
    func noFollow() async throws {
        try await LogsFixture.with { logs in
            try await logs.send((0..<450).map { LogsFixture.entry("l\($0)") }, sequence: 1)
            #expect(try await all(events(logs, [("follow", "false"), ("limit", "3")])) == ["l447", "l448", "l449"])
            #expect(try await all(events(logs, [("follow", "false"), ("limit", "450")])).count == 450)
            #expect(try await all(events(logs, [("follow", "false"), ("limit", "0")])).isEmpty)
            #expect(try await all(events(logs, [("follow", "false"), ("workload_id", "no")])).isEmpty)
            var iterator = events(logs, [("follow", "false"), ("limit", "5")]).makeAsyncIterator()
            let first = try #require(try await iterator.next())
            #expect(first.event == "log" && first.data["deployment_id"] == "d1" && first.data["stream"] == "stdout")
            #expect(try await all(events(logs, [("follow", "false")], after: first.id)) == ["l446", "l447", "l448", "l449"])
        }
    }

    @Test("Following: lines come as they are stored, each once and in order, with NOTIFY and without", arguments: [true, false])
    func follow(listens: Bool) async throws {
        try await LogsFixture.with(listens: listens) { logs in
            try await logs.send([LogsFixture.entry("before")], sequence: 0)
            var iterator = events(logs, [("workload_id", "web")]).makeAsyncIterator()
            #expect(try await iterator.next()?.data["payload"] == "before")
            var seen: [String] = []
            async let sent: Void = {
                for sequence in 1...3 as ClosedRange<Int64> {
                    try await logs.send(
                        [
                            LogsFixture.entry("a\(sequence)"), LogsFixture.entry("other", workload: "api"),
                            LogsFixture.entry("b\(sequence)"),
                        ],
                        sequence: sequence)
                }
            }()
            while seen.count < 6, let event = try await iterator.next() { seen.append(event.data["payload"]?.string ?? "?") }
            try await sent
            #expect(seen == ["a1", "b1", "a2", "b2", "a3", "b3"])
        }
    }

    @Test("With many writers at once a reader that resumes misses nothing and sees nothing twice")
    func concurrentWriters() async throws {
        try await LogsFixture.with { logs in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for writer in 0..<6 {
                    group.addTask {
                        for sequence in 1...15 as ClosedRange<Int64> {
                            try await logs.send(
                                [LogsFixture.entry("\(writer)-\(sequence)")], sequence: sequence, source: "writer \(writer)")
                        }
                    }
                }
                // A reader that breaks off and resumes after each few lines, while the writers write.
                var seen: [String] = [], last = "0"
                while seen.count < 90 {
                    var taken = 0
                    for try await event in events(logs, after: last) {
                        seen.append(event.data["payload"]?.string ?? "?")
                        last = event.id
                        taken += 1
                        if taken == 7 || seen.count == 90 { break }
                    }
                }
                try await group.waitForAll()
                #expect(Set(seen).count == 90)
                #expect(try await all(events(logs, [("follow", "false")], after: last)).isEmpty)
            }
        }
    }
}
