import ArgumentParser
import Planning
import PlatformModel
import ServiceAPI

struct EnvDiff: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Says what differs between two environments, or between two deployments.",
        discussion: """
            An environment stands for its last deployment that succeeded. What is compared are the sets: workloads and the resources that \
            they ask for, field by field. Other definitions may make something else of the same set; 'martlet explain' says which.
            """)

    @Argument(help: ArgumentHelp("An environment or a deployment.", valueName: "first")) var first: String
    @Argument(help: ArgumentHelp("An environment or a deployment.", valueName: "second")) var second: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let before = try await Side.find(first, session), after = try await Side.find(second, session)
        let comparison = SetComparison(from: before.set, to: after.set)
        let body: JSON = [
            "from": before.body, "to": after.body, "changes": try JSON(encoding: comparison),
            "delta": try JSON(encoding: DeltaContent.diff(from: before.set, to: after.set)),
        ]
        session.printer.show(body) { _ in
            SetComparisonText(comparison, from: before.title, to: after.title, style: session.printer.style).description
        }
    }

    /// One of the two things that are compared.
    private struct Side {
        var word: String
        /// Nil where nothing was deployed yet.
        var source: EnvironmentSource?
        var set: DeploymentSet

        var title: String {
            guard let source else { return "\(word) (nothing deployed)" }
            return "\(source.envID) (deployment \(source.deployment.id))"
        }

        var body: JSON {
            guard let source else { return ["env_id": .string(word)] }
            return [
                "env_id": .string(source.envID), "deployment_id": .string(source.deployment.id),
                "set_id": .string(source.deployment.setID),
            ]
        }

        static func find(_ word: String, _ session: Session) async throws -> Side {
            if let environment = try await session.gateway.find(try session.inside(word).environment()) {
                let source = try await EnvironmentSource.newest(of: environment, session)
                guard let source else { return Side(word: word, source: nil, set: DeploymentSet()) }
                return Side(word: word, source: source, set: try await source.set(session))
            }
            let source = try await EnvironmentSource.find(word, session)
            return Side(word: word, source: source, set: try await source.set(session))
        }
    }
}
