import FoundationEssentials
import Glibc
import PlatformModel
import Testing

@testable import Templating

/// Compares with a recording that is not kept: thousands of generated templates, made where Go is (Recorder/README.md).
@Suite(.enabled(if: getenv("MARTLET_GO_RECORDING") != nil)) struct AnotherRecordingTests {
    @Test func answersAsGo() throws {
        let path = getenv("MARTLET_GO_RECORDING").map { String(cString: $0) } ?? ""
        let recording = try JSON.decode(GoRecording.self, from: Array(try Data(contentsOf: URL(filePath: path))))
        var differences = 0
        for recorded in recording.cases {
            var ours: (output: String?, error: String?)
            do throws(TemplateError) {
                ours.output = try Template.parse(recorded.template, name: "t")
                    .render(recorded.data ?? recording.data, environment: .fixed)
            } catch {
                ours.error = error.message
                // A bound of ours that Go has not.
                if error.code == "TPL-003" { continue }
            }
            if ours.output == recorded.output, ours.error == recorded.error { continue }
            differences += 1
            guard differences <= 400 else { continue }
            print("--- \(recorded.name)\n\(recorded.template)")
            print("Go:   \(recorded.output.map { "'\($0)'" } ?? "error \(recorded.error ?? "")")")
            print("ours: \(ours.output.map { "'\($0)'" } ?? "error \(ours.error ?? "")")")
        }
        #expect(differences == 0, "of \(recording.cases.count) templates")
    }
}
