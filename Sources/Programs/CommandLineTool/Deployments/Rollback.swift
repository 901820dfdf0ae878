import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Rollback: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Deploys what an earlier deployment had.",
        discussion: """
            Without an id: the last deployment that succeeded before the newest one, with another set if there is one. The environment \
            then builds on it.
            """)

    @Argument(help: "The deployment to go back to.") var deployID: String?
    @Option(help: "A comment for the deployment.") var message: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let target: Deployment
        if let deployID {
            target = try await session.gateway.get(Deployment.self, try session.deployment(deployID))
        } else {
            let all = try await session.gateway.get([Deployment].self, try Noun.deploy.path(session))
            guard let found = Self.target(in: all) else {
                throw CommandFailure(.notFound, "there is no earlier deployment that succeeded to go back to")
            }
            target = found
        }
        session.printer.note("back to deployment \(target.id) of \(target.createdAt)")
        try await session.gateway.send(.put, try session.environment() + "/from_deploy_id", body: .string(target.id))
        var body: JSON = ["set_id": .string(target.setID), "comment": .string(message ?? "roll back to \(target.id)")]
        if let mode = deployment.mode { body["mode"] = .string(mode.rawValue) }
        let made = try await session.gateway.send(.post, try Noun.deploy.path(session), body: body)
        try await DeploymentWatch(session).follow(made, deployment)
    }

    /// A redeployment of the same set is nothing to go back to, as long as there is anything else.
    static func target(in deployments: [Deployment]) -> Deployment? {
        let newestFirst = deployments.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        guard let current = newestFirst.first else { return nil }
        let earlier = newestFirst.dropFirst().filter { $0.status == .succeeded }
        return earlier.first { $0.setID != current.setID } ?? earlier.first
    }
}
