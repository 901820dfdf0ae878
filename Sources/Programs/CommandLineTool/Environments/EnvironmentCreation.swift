import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

/// What `martlet env create` and `martlet create env` take and do.
struct EnvironmentCreation: ParsableArguments {
    @Argument(help: "The environment's id.") var id: String
    @Option(help: ArgumentHelp("The environment type; default: that of --from, or development.", valueName: "id"))
    var type: String?
    @Option(help: "What people call it; default: the id.") var name: String?
    @Option(
        help: ArgumentHelp(
            "Begins with the set of this environment's last deployment that succeeded, or of this deployment.",
            valueName: "env|deployment"))
    var from: String?
    @Flag(help: "Deploys to it at once.") var deploy = false
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if deploy, from == nil { throw ValidationError("--deploy needs --from: an empty environment has nothing to deploy") }
        if deployment.wait, !deploy { throw ValidationError("--wait waits for the deployment of --deploy") }
    }

    func run() async throws {
        let session = try Session(options)
        let source: EnvironmentSource? =
            if let from { try await EnvironmentSource.find(from, session) } else { nil }
        let made = try await Self.create(id, name: name, type: type, from: source, session)
        guard deploy, let source else {
            session.printer.show(made) { _ in "environment \(id) created\n" }
            return
        }
        session.printer.note("environment \(id) created")
        try await Self.deploy(id, source, deployment, session)
    }

    static func create(
        _ id: String, name: String?, type: String?, from source: EnvironmentSource?, _ session: Session
    ) async throws(CommandFailure) -> JSON {
        var body: JSON = ["id": .string(id), "name": .string(name ?? id)]
        body["type"] = (type ?? source?.envType).map(JSON.string)
        body["from_deploy_id"] = (source?.deployment.id).map(JSON.string)
        return try await session.gateway.send(.post, try Noun.env.path(session), body: body)
    }

    /// Deploys what a new environment was made from.
    static func deploy(
        _ id: String, _ source: EnvironmentSource, _ options: DeploymentOptions, _ session: Session
    ) async throws {
        let inside = session.inside(id)
        var body: JSON = ["comment": .string("from \(source.envID), deployment \(source.deployment.id)")]
        if let mode = options.mode { body["mode"] = .string(mode.rawValue) }
        let made = try await session.gateway.send(.post, try Noun.deploy.path(inside), query: options.query, body: body)
        try await DeploymentWatch(inside).follow(made, options)
    }
}
