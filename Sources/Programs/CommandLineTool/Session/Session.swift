import PlatformModel
import ServiceAPI

/// What a command works with: where it goes, as whom, and how it shows what it finds.
struct Session: Sendable {
    let host: CommandHost
    private(set) var settings: Settings
    let gateway: GatewayClient
    let printer: Printer

    init(_ options: GlobalOptions, signedIn: Bool = true) throws(CommandFailure) {
        host = .current
        settings = try Settings(options, environment: host.environment)
        let url = try settings.url()
        guard !signedIn || settings["token"] != nil else {
            throw CommandFailure(.denied, "you are not signed in to \(url.text); run 'martlet login', or give MARTLET_TOKEN")
        }
        gateway = try GatewayClient(
            url: url, ca: settings["ca"], token: signedIn ? settings["token"] : nil, connections: host.connections)
        printer = Printer(options, host)
    }

    /// The same in another environment.
    func inside(_ environment: String) -> Session {
        var session = self
        session.settings.choose(environment: environment)
        return session
    }

    /// What to do next, for people: a command line with the place that this one was given by flags.
    func propose(_ what: String, _ words: String) {
        guard printer.format == .table else { return }
        printer.note(TextStyle.printable("\(what) with: martlet \(words)\(settings.given)"))
    }

    func organization() throws(CommandFailure) -> String { "/orgs/" + HTTPCall.segment(try settings.org()) }

    func application() throws(CommandFailure) -> String { try organization() + "/apps/" + HTTPCall.segment(try settings.app()) }

    func environment() throws(CommandFailure) -> String { try application() + "/envs/" + HTTPCall.segment(try settings.env()) }

    func deployment(_ id: String) throws(CommandFailure) -> String { try environment() + "/deploys/" + HTTPCall.segment(id) }

    /// The id given, or the environment's newest deployment.
    func deploymentID(_ given: String?) async throws(CommandFailure) -> String {
        if let given { return given }
        let environment = try await gateway.get(try environment())
        guard let id = environment["last_deploy"]?["id"]?.string else {
            throw CommandFailure(.notFound, "nothing was deployed to '\(try settings.env())' yet")
        }
        return id
    }
}
