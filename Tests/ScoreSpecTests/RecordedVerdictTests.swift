import FoundationEssentials
import PlatformModel
import ScoreSpec
import Testing

/// Our verdict on changed documents is the one that another judge recorded from the published schema; see `Recorder/README.md`.
@Suite struct RecordedVerdictTests {
    struct Verdicts {
        var documents: [String: [UInt8]] = [:]
        var accepted = 0
        var refused = 0
        var wrong: [String] = []

        /// A line is `{document, text}`, `[verdict, document, start, end, replacement]` (characters of the text of the document that
        /// stay before and behind), or `[verdict, text]`.
        mutating func judge(_ line: JSON) throws {
            if let name = line["document"]?.string {
                documents[name] = Array((line["text"]?.string ?? "").utf8)
                return
            }
            let text: [UInt8]
            if let whole = line[1]?.string, line[2] == nil {
                text = Array(whole.utf8)
            } else {
                let base = try #require(documents[line[1]?.string ?? ""])
                text =
                    Array(base.prefix(line[2]?.int ?? 0)) + Array((line[4]?.string ?? "").utf8)
                    + Array(base.suffix(line[3]?.int ?? 0))
            }
            let expected = line[0]?.int == 1
            if expected { accepted += 1 } else { refused += 1 }
            var found: [Problem] = []
            do throws(ScoreProblems) { _ = try ScoreReader.read(text, file: "score.json") } catch { found = error.problems }
            // What placeholders name and what comes before what is beyond the schema.
            let verdict = found.allSatisfy { $0.code.hasPrefix("SCORE-2") }
            guard verdict != expected, wrong.count < 40 else { return }
            wrong.append("\(expected ? "valid" : "invalid"), but \(found): \(String(decoding: text, as: UTF8.self))")
        }
    }

    @Test func isTheVerdictOfTheSchema() throws {
        let golden = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Golden/verdicts.jsonl")
        let other = ProcessInfo.processInfo.environment["MARTLET_SCORE_VERDICTS"].map { URL(fileURLWithPath: $0) }
        var verdicts = Verdicts()
        for line in Array(try Data(contentsOf: other ?? golden)).split(separator: 0x0A) {
            try verdicts.judge(try JSON.parse(line))
        }
        #expect(verdicts.wrong.isEmpty, "\(verdicts.wrong.joined(separator: "\n"))")
        #expect(verdicts.accepted > 1000 && verdicts.refused > 5000, "\(verdicts.accepted) accepted, \(verdicts.refused) refused")
    }
}
