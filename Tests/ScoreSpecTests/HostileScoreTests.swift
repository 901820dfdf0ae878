import Glibc
import PlatformModel
import ScoreSpec
import Testing

/// Small Score files that ask for much: each ends soon, with few and short problems.
@Suite(.serialized) struct HostileScoreTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String
        var code: String

        init(_ name: String, _ text: String, _ code: String) { (testDescription, self.text, self.code) = (name, text, code) }
    }

    private static func variable(_ value: String) -> String {
        small(container: "image: a", more: "    variables:\n      A: '\(value)'\n")
    }

    static let texts: [Hostile] = [
        Hostile("open placeholders", variable(String(repeating: "${", count: 200_000)), ""),
        Hostile("nested placeholders", variable(String(repeating: "${", count: 200_000) + "}"), "SCORE-201"),
        Hostile("many placeholders", variable(String(repeating: "${a}", count: 50_000)), "SCORE-201"),
        Hostile("a long reference", variable("${" + String(repeating: "a.", count: 200_000) + "}"), "SCORE-201"),
        Hostile(
            "metadata laughs",
            variable(String(repeating: "${metadata.big}", count: 10_000)).replacing(
                "{name: web}", with: "{name: web, big: \(String(repeating: "x", count: 100_000))}"), "SCORE-215"),
        Hostile(
            "unknown resources",
            small(
                more: "    variables: {" + (0..<10_000).map { "V\($0): '${resources.x\($0).y}'" }.joined(separator: ", ")
                    + "}\nresources:\n" + (0..<10_000).map { "  r\($0): {type: pg}\n" }.joined()), "SCORE-203"),
        Hostile(
            "problems below a long name",
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers:\n  ? " + String(repeating: "k", count: 500_000)
                + "\n  : {"
                + (0..<300).map { "i\($0): 1" }.joined(separator: ", ") + "}\n", "SCORE-106"),
        Hostile(
            "unknown keys",
            small(container: "image: a\n" + (0..<20_000).map { "    imag\($0): x\n" }.joined()), "SCORE-102"),
        Hostile(
            "a long pattern",
            small(container: "{image: a, resources: {limits: {cpu: 1\(String(repeating: "1.", count: 100_000))}}}"), "SCORE-105"),
    ]

    /// The processor time of this thread.
    private func seconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }

    /// Neither copies the document for each property.
    @Test func manyPropertiesOfALargeFile() {
        let text = small(
            container: "image: a\n    variables:\n" + (0..<4_000).map { "      V\($0): x\n" }.joined(),
            more: "resources: {rr: {type: route, params: {" + (0..<2_000).map { "p\($0): x" }.joined(separator: ", ") + "}}}\n")
        let properties = (0..<300).map { ScoreProperty(path: "containers.main.variables.N\($0)", value: "y") }
        let started = seconds()
        #expect(problems(text, ScoreOptions(properties: properties)).isEmpty)
        #expect(seconds() - started < 10)
    }

    @Test(arguments: texts) func endsSoon(hostile: Hostile) {
        let started = seconds()
        let found = problems(hostile.text)
        // Optimised it is a tenth of a second; this is the time of the processor without optimisation.
        #expect(seconds() - started < 10)
        #expect(hostile.code.isEmpty ? found.isEmpty : found.contains { $0.code == hostile.code }, "\(found.prefix(3))")
        #expect(found.count <= 200 && found.allSatisfy { $0.description.utf8.count < 2000 })
    }
}
