import Logging
import PlatformModel
import Synchronization
import Testing

@testable import ServiceRuntime

private final class Lines: Sendable {
    let all = Mutex<[String]>([])
}

@Suite struct JSONLineHandlerTests {
    @Test func oneObjectALine() throws {
        let lines = Lines()
        var logger = Logger(label: "room") { label in
            JSONLineHandler(label: label, level: .info) { line in lines.all.withLock { $0.append(line) } }
        }
        logger[metadataKey: "request_id"] = "r1"
        logger.debug("not told")
        logger.warning(
            "line\nbreak \"quoted\"", metadata: ["n": "1", "password": "swordfish", "in": ["api_token": "x", "ok": "y"]])
        let told = lines.all.withLock { $0 }
        #expect(told.count == 1)
        let line = try #require(told.first)
        #expect(line.hasSuffix("}\n"))
        #expect(line.dropLast().allSatisfy { !$0.isNewline })
        let object = try JSON.parse(line)
        #expect(object["level"] == "warning")
        #expect(object["label"] == "room")
        #expect(object["message"] == "line\nbreak \"quoted\"")
        #expect(object["time"]?.string.flatMap { Timestamp($0) } != nil)
        #expect(
            object["metadata"] == [
                "request_id": "r1", "n": "1", "password": "(not logged)", "in": ["api_token": "(not logged)", "ok": "y"],
            ])
        #expect(!line.contains("swordfish"))
    }
}
