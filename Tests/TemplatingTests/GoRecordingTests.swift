import FoundationEssentials
import PlatformModel
import Testing

@testable import Templating

/// What Go answered for every case of a file of `Recorder`.
struct GoRecording: Decodable {
    struct Case: Decodable, CustomTestStringConvertible {
        let name: String
        let template: String
        let data: JSON?
        let output: String?
        let error: String?

        var testDescription: String { name }
    }

    let data: JSON
    let cases: [Case]

    static let go = read("go")
    static let regexes = read("regexes")
    static let sprig = read("sprig")
    static let generated = read("generated")
    static let documents = read("documents")
    static let slices = read("slices")

    private static func read(_ name: String) -> GoRecording {
        do {
            return try JSON.decode(GoRecording.self, from: try TestFiles.bytes("Golden/\(name).json"))
        } catch {
            Issue.record("the recording \(name) does not read: \(error)")
            return GoRecording(data: [:], cases: [])
        }
    }

    func check(_ recorded: Case) {
        do throws(TemplateError) {
            let text = try Template.parse(recorded.template, name: "t").render(recorded.data ?? data, environment: .fixed)
            #expect(text == recorded.output, "Go: \(recorded.error ?? "")")
        } catch {
            #expect(error.message == recorded.error, "Go: \(recorded.output ?? "")")
        }
    }
}

@Suite("Go's text/template with Sprig, as recorded")
struct GoRecordingTests {
    @Test(arguments: GoRecording.go.cases) func templates(_ recorded: GoRecording.Case) { GoRecording.go.check(recorded) }
    @Test(arguments: GoRecording.regexes.cases) func regexes(_ recorded: GoRecording.Case) {
        GoRecording.regexes.check(recorded)
    }

    @Test(arguments: GoRecording.sprig.cases) func sprig(_ recorded: GoRecording.Case) { GoRecording.sprig.check(recorded) }
    @Test(arguments: GoRecording.generated.cases) func generated(_ recorded: GoRecording.Case) {
        GoRecording.generated.check(recorded)
    }

    @Test("JSON and YAML", arguments: GoRecording.documents.cases) func documents(_ recorded: GoRecording.Case) {
        GoRecording.documents.check(recorded)
    }

    @Test("Go's own slice, of text", arguments: GoRecording.slices.cases) func slices(_ recorded: GoRecording.Case) {
        GoRecording.slices.check(recorded)
    }

    @Test func theRecordingsAreThere() {
        for recording in [GoRecording.go, .regexes, .sprig, .generated, .documents] { #expect(recording.cases.count > 200) }
    }
}
