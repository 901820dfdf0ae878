import ArgumentParser
import PlatformModel
import ServiceAPI

struct Steps: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "steps",
        abstract: "Shows where each step of a deployment stands, and what to do about those that did not succeed.")

    @Argument(help: ArgumentHelp("The deployment; default: the newest.", valueName: "deployment")) var id: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let id = try await session.deploymentID(id)
        let terminal = session.host.terminal
        session.printer.show(try await session.gateway.get(try session.deployment(id) + "/steps")) { steps in
            StepsText(steps).table(width: terminal.isOutput ? terminal.width : nil, style: session.printer.style)
        }
    }
}
