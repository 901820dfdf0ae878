import PlatformModel
import Testing

@testable import ServiceAPI

private func parse(_ text: String, pieces: Int = .max, from parser: ServerSentEventParser = .init()) throws -> [StreamEvent] {
    var parser = parser, events: [StreamEvent] = [], rest = Array(text.utf8)[...]
    while !rest.isEmpty {
        events += try parser.push(rest.prefix(pieces))
        rest = rest.dropFirst(pieces)
    }
    return events
}

@Suite struct ServerSentEventParserTests {
    /// The examples and rules of the standard (WHATWG HTML, 9.2.6), whole and byte by byte.
    @Test(arguments: [
        ("data: 1\n\n", [StreamEvent(id: "", data: 1)]),
        ("data: 1\r\n\r\n", [StreamEvent(id: "", data: 1)]),
        ("data: 1\r\rdata: 2\r\r", [StreamEvent(id: "", data: 1), StreamEvent(id: "", data: 2)]),
        ("\u{feff}data: 1\n\n", [StreamEvent(id: "", data: 1)]),
        ("data:1\n\n", [StreamEvent(id: "", data: 1)]),
        ("data: one\ndata: two\n\n", [StreamEvent(id: "", data: "one\ntwo")]),
        ("data\n\ndata\ndata\n\ndata:", [StreamEvent(id: "", data: "\n")]),
        (": comment\n\ndata: 1\n: another\n\n", [StreamEvent(id: "", data: 1)]),
        ("id: 7\nevent: log\ndata: {\"a\":1}\n\n", [StreamEvent(id: "7", event: "log", data: ["a": 1])]),
        (
            "id: 7\ndata: 1\n\ndata: 2\n\nid\ndata: 3\n\n",
            [.init(id: "7", data: 1), .init(id: "7", data: 2), .init(id: "", data: 3)]
        ),
        ("id: a\0b\ndata: 1\n\n", [StreamEvent(id: "", data: 1)]),
        ("event: x\n\ndata: 1\n\n", [StreamEvent(id: "", data: 1)]),
        ("unknown: x\ndata: 1\n\n", [StreamEvent(id: "", data: 1)]),
        ("data: never ended\n", []),
        ("data:  two spaces\n\n", [StreamEvent(id: "", data: " two spaces")]),
    ])
    func standard(text: String, events: [StreamEvent]) throws {
        #expect(try parse(text) == events)
        #expect(try parse(text, pieces: 1) == events)
        #expect(try parse(text, pieces: 3) == events)
    }

    @Test func retryAndTheLastID() throws {
        var parser = ServerSentEventParser(lastEventID: "3")
        _ = try parser.push(Array("retry: 250\nretry: soon\n\n".utf8))
        #expect(parser.retryMilliseconds == 250)
        #expect(parser.lastEventID == "3")
        #expect(try parser.push(Array("data: 1\n\n".utf8)) == [StreamEvent(id: "3", data: 1)])
    }

    @Test func theIDOfAnEventThatIsNotWholeDoesNotCount() throws {
        var parser = ServerSentEventParser()
        _ = try parser.push(Array("id: 1\ndata: 1\n\nid: 2\ndata: 2\n".utf8))
        #expect(parser.lastEventID == "1")
        _ = try parser.push(Array("\n".utf8))
        #expect(parser.lastEventID == "2")
    }

    @Test func linesAndEventsAreBounded() throws {
        let long = "data: " + String(repeating: "x", count: 200) + "\n\n"
        #expect(throws: ServerSentEventParser.Overflow(limit: 100)) { try parse(long, from: .init(limit: 100)) }
        let many = String(repeating: "data: 0123456789\n", count: 11) + "\n"
        #expect(throws: ServerSentEventParser.Overflow(limit: 100)) { try parse(many, from: .init(limit: 100)) }
        #expect(try parse(many).count == 1)
    }

    @Test(arguments: [
        StreamEvent(id: "1", event: "log", data: ["line": "a\nb\r\n\u{2028}c", "n": [1, nil, true]]),
        StreamEvent(id: "x y", data: "text"), StreamEvent(id: "", event: "é", data: nil), StreamEvent(id: "0", data: [:]),
    ])
    func whatIsWrittenIsRead(event: StreamEvent) throws { #expect(try parse(event.encoded + StreamEvent.heartbeat) == [event]) }

    @Test func anIDCannotBeginAnotherField() throws {
        let event = StreamEvent(id: "1\nevent: forged", event: "a\rdata: 2", data: 1)
        #expect(try parse(event.encoded) == [StreamEvent(id: "1event: forged", event: "adata: 2", data: 1)])
    }
}
