import Glibc
import ScoreImport
import Testing

/// Sources that could take long or much: each ends in time, in a result or a refusal.
@Suite(.serialized) struct HostileImportTests {
    struct Hostile: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var text: String

        init(_ name: String, _ text: String) { (testDescription, self.text) = (name, text) }
    }

    private static func repeated(_ count: Int, _ line: (Int) -> String) -> String { (0..<count).map { line($0) + "\n" }.joined() }

    static let sources: [Hostile] = [
        Hostile(
            "a large base that many extend",
            "services:\n  base:\n    image: a\n    environment:\n" + repeated(2000) { "      V\($0): x" }
                + repeated(400) { "  s\($0): {extends: base, environment: {W: x}}" }),
        Hostile("a chain of extends", "services:\n" + repeated(2000) { "  s\($0 + 1): {image: a, extends: s\($0)}" }),
        Hostile(
            "many servers and many variables",
            "services:\n" + repeated(200) { "  db\($0): {image: postgres}" } + "  web:\n    image: a\n    environment:\n"
                + repeated(1500) { "      V\($0): postgres://db\($0 % 200)/x" }),
        Hostile(
            "equal names", "services:\n" + repeated(1500) { "  \"\(String(repeating: "!", count: $0 % 7))a\($0)\": {image: a}" }
        ),
        Hostile(
            "one config map of many keys",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {"
                + (0..<2000).map { "k\($0): v" }.joined(separator: ", ")
                + "}}\n---\n{apiVersion: v1, kind: Pod, metadata: {name: p}, spec: {volumes: [{name: c, configMap: {name: c}}], containers: ["
                + "{name: a, image: a, volumeMounts: ["
                + (0..<1000).map { "{name: c, mountPath: /m\($0), subPath: k1}" }.joined(separator: ", ")
                + "]}]}}"),
        Hostile(
            "many pods and many paths",
            repeated(200) {
                "{apiVersion: v1, kind: Pod, metadata: {name: p\($0), labels: {a: b}}, spec: {containers: [{name: a, image: a}]}}\n---"
            }
                + "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports: [{port: 80}]}}\n---\n"
                + "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: i}, spec: {rules: [{http: {paths: ["
                + (0..<1000).map { "{path: /\($0), backend: {service: {name: s, port: {number: 80}}}}" }.joined(separator: ", ")
                + "]}}]}}"),
    ]

    @Test(arguments: sources) func endsInTime(source: Hostile) {
        let started = Self.cpu()
        _ = try? ScoreImporter.read([.init(Array(source.text.utf8), file: "source.yaml")])
        let used = Self.cpu() - started
        #expect(used < 5, "\(used) s of CPU")
    }

    /// Seconds that this thread has worked.
    private static func cpu() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
