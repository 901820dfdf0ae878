import ArgumentParser
import PlatformModel

struct Graph: AsyncParsableCommand {
    enum Format: String, CaseIterable, ExpressibleByArgument { case tree, dot }

    static let configuration = CommandConfiguration(
        commandName: "graph", abstract: "Shows the resources of a deployment and what depends on what.",
        discussion: """
            Of a deployment; or, with --definitions, of Score files without a server: martlet graph score.yaml --definitions DIR
            For a picture: martlet graph --format dot | dot -Tsvg > graph.svg
            """)

    @Argument(
        help: ArgumentHelp(
            "The deployment; default: the newest. With --definitions: Score files, or folders of them.", valueName: "deployment")
    ) var subjects: [String] = []
    @Option(help: "tree, or dot for Graphviz.") var format = Format.tree
    @OptionGroup var offline: OfflineOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let printer = Printer(options, CommandHost.current)
        printer.show(try await body()) { body in
            let graph = GraphText(body)
            return format == .dot ? graph.dot() : graph.tree(style: printer.style)
        }
    }

    private func body() async throws -> JSON {
        if !offline.definitions.isEmpty {
            return GraphText.body(try OfflineProject.read(subjects, offline, options, .current).graph())
        }
        let session = try Session(options)
        let id = try await session.deploymentID(try DeploymentArgument.one(of: subjects))
        return try await session.gateway.get(try session.deployment(id) + "/graph")
    }
}
