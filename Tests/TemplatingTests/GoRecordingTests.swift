import FoundationEssentials
import PlatformModel
import Testing

@testable import Templating

/// What Go answered for every case of `Recorder/cases.txt`.
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

    static let go: GoRecording = {
        do {
            return try JSON.decode(GoRecording.self, from: try TestFiles.bytes("Golden/go.json"))
        } catch {
            Issue.record("the recording does not read: \(error)")
            return GoRecording(data: [:], cases: [])
        }
    }()
}

@Suite("Go's text/template, as recorded")
struct GoRecordingTests {
    @Test(arguments: GoRecording.go.cases)
    func answersAsGo(_ recorded: GoRecording.Case) {
        let environment = TemplateEnvironment.fixed
        let data = recorded.data ?? GoRecording.go.data
        do throws(TemplateError) {
            let text = try Template.parse(recorded.template, name: "t").render(data, environment: environment)
            #expect(text == recorded.output, "Go: \(recorded.error ?? "")")
        } catch {
            #expect(error.message == recorded.error, "Go: \(recorded.output ?? "")")
        }
    }

    @Test func theRecordingIsThere() { #expect(GoRecording.go.cases.count > 200) }
}
