import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Retry: AsyncParsableCommand {
    enum Finding: String, CaseIterable, ExpressibleByArgument { case stands, gone, retry }

    static let configuration = CommandConfiguration(
        commandName: "retry",
        abstract: "Goes on with a deployment that failed or was cancelled: tries its failed steps once more.",
        discussion: """
            Without --node: all that failed. What was skipped because of it runs then, too. A step whose outcome is unknown is never tried \
            by itself: look at the real system, then say what you found of it with --node and --unknown.
            """)

    @Argument(help: "deployment.", completion: .list(["deployment"])) var noun: String
    @Argument(help: "Which one; default: the newest.") var id: String?
    @Option(help: ArgumentHelp("A step's object, as 'martlet steps' names it; may be repeated.", valueName: "type.class#id"))
    var node: [String] = []
    @Option(help: "What you found of a node whose outcome is unknown: it stands, is gone, or retry whatever it is.")
    var unknown: Finding?
    @Option(help: ArgumentHelp("How long the deployment may take from now; then it is stopped.", valueName: "seconds"))
    var limit: Int?
    @Flag(help: "Waits until it has ended, and shows its progress.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 900
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if let limit, !(1...604_800).contains(limit) { throw ValidationError("--limit is from 1 to 604800 seconds") }
        if unknown != nil, node.isEmpty { throw ValidationError("--unknown is said of nodes: name them with --node") }
    }

    func run() async throws {
        guard RunNoun.isDeployment(noun) else {
            throw CommandFailure.usage(
                "'\(noun.prefix(40))' cannot be retried: say 'deployment ID'; a deletion goes on when you delete again")
        }
        let session = try Session(options)
        let id = try await session.deploymentID(id)
        var body: JSON = [:]
        if !node.isEmpty { body["nodes"] = .array(node.map(JSON.string)) }
        if let unknown { body["unknown"] = .string(unknown.rawValue) }
        let going = try await session.gateway.send(
            .post, try session.deployment(id) + "/retry", query: limit.map { [("timeout", String($0))] } ?? [], body: body)
        try await DeploymentWatch(session).follow(going, wait: wait, timeout: timeout)
    }
}
