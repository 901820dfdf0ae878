import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Deploy: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deploy",
        abstract: "Deploys a delta, a set or a plan; without any of them, what the environment has once more.")

    @Option(help: ArgumentHelp("A delta, on top of what the environment has.", valueName: "id")) var delta: String?
    @Option(help: ArgumentHelp("A set, instead of what the environment has.", valueName: "id")) var set: String?
    @Option(
        help: ArgumentHelp(
            "A plan that 'martlet plan' made: does what it says, or is refused when something moved since.", valueName: "id"))
    var plan: String?
    @Option(help: "A comment for the deployment.") var message: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if delta != nil, set != nil { throw ValidationError("give either --delta or --set, not both") }
        if plan != nil, delta != nil || set != nil || deployment.mode != nil {
            throw ValidationError("a plan says what is deployed, and how: leave out --delta, --set and --mode")
        }
    }

    func run() async throws {
        let session = try Session(options)
        var body: JSON = [:]
        if let delta { body["delta_id"] = .string(delta) }
        if let set { body["set_id"] = .string(set) }
        if let plan { body["plan_id"] = .string(plan) }
        if let message { body["comment"] = .string(message) }
        if let mode = deployment.mode { body["mode"] = .string(mode.rawValue) }
        let made = try await session.gateway.send(.post, try Noun.deploy.path(session), query: deployment.query, body: body)
        try await DeploymentWatch(session).follow(made, deployment)
    }
}
