import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Limits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "Shows or sets how long anything may take in the environments of a type.",
        discussion: """
            Without options it shows them. The narrowest limit of all that are said counts: of the environment type, of the deployment \
            (--limit), of the definition (martlet_timeout_seconds), of the workload (deploy.timeout), of the configuration.
            """)

    @Argument(help: ArgumentHelp("The environment type.", valueName: "env-type")) var type: String
    @Option(help: ArgumentHelp("Seconds for each step, or none.", valueName: "seconds")) var step: Limit?
    @Option(help: ArgumentHelp("Seconds for a deployment, or none.", valueName: "seconds")) var deployment: Limit?
    @OptionGroup var options: GlobalOptions

    /// `600` or `none`.
    struct Limit: ExpressibleByArgument {
        var seconds: Int?

        init?(argument: String) {
            guard argument != "none" else { return }
            guard let seconds = Int(argument), seconds > 0 else { return nil }
            self.seconds = seconds
        }

        var json: JSON { seconds.map { .int(Int64($0)) } ?? .null }
    }

    func run() async throws {
        let session = try Session(options)
        let path = try session.organization() + "/env-types/\(HTTPCall.segment(type))/limits"
        var limits = try await session.gateway.get(path)
        if step != nil || deployment != nil {
            let body: JSON = [
                "step_seconds": step?.json ?? limits["step_seconds"] ?? .null,
                "deployment_seconds": deployment?.json ?? limits["deployment_seconds"] ?? .null,
            ]
            limits = try await session.gateway.send(.put, path, body: body)
        }
        session.printer.show(limits) { limits in
            func words(_ key: String) -> String { limits[key]?.int.map { "\($0) s" } ?? "no limit of its own" }
            return "environment type \(type): each step \(words("step_seconds")), a deployment \(words("deployment_seconds"))\n"
        }
    }
}
