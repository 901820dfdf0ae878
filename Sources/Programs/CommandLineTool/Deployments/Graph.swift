import ArgumentParser
import PlatformModel

struct Graph: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case tree, dot }

    static let configuration = CommandConfiguration(
        abstract: "Shows the resources of a deployment and what depends on what.",
        discussion: "For a picture: martlet graph --format dot | dot -Tsvg > graph.svg")

    @Argument(help: "The deployment; default: the newest.") var deployID: String?
    @Option(help: "tree, or dot for Graphviz.") var format = Format.tree
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let id = try await session.deploymentID(deployID)
        let body = try await session.gateway.get(try session.deployment(id) + "/graph")
        session.printer.show(body) { body in
            let graph = GraphText(body)
            return format == .dot ? graph.dot() : graph.tree(style: session.printer.style)
        }
    }
}
