import ArgumentParser
import HTTPTypes
import PlatformModel
import Preview
import ServiceAPI

struct CreateDriver: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "driver", abstract: "Registers a driver of your own, at an address or in front of another driver.",
        discussion: """
            A target is https://HOST/PREFIX/ of a program that answers the driver API, or driver://ORG/DRIVER, driver://martlet/NAME: \
            then --template is the file of a Go template that makes the other driver's inputs.
            """)

    @Argument(help: "The driver's id; definitions name it as ORG/ID.") var id: String
    @Option(help: "Where it is.") var target: String
    @Option(help: "The resource type that it makes; default: any.") var type: String?
    @Option(
        help: ArgumentHelp("A JSON Schema of its inputs, {values, secrets}: a YAML or JSON file.", valueName: "file"),
        completion: .file()) var inputsSchema: String?
    @Option(help: ArgumentHelp("A Go template: a file.", valueName: "file"), completion: .file()) var template: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var body: JSON = [
            "id": .string(id), "type": .string(type ?? ""), "target": .string(target), "inputs_schema": [:], "account_types": [],
        ]
        do throws(PreviewProblems) {
            if let inputsSchema { body["inputs_schema"] = try OfflinePlace.document(inputsSchema) }
        } catch { throw CommandFailure(preview: error) }
        if let template { body["template"] = .string(try text(of: template)) }
        let made = try await session.gateway.send(.post, try Noun.driver.path(session), body: body)
        session.printer.show(made) { _ in "driver \(id) created\n" }
    }

    private func text(of file: String) throws(CommandFailure) -> String {
        do throws(LocalFile.Failure) { return String(decoding: try LocalFile.read(file), as: UTF8.self) } catch {
            throw CommandFailure(.failed, error.description)
        }
    }
}
