import ArgumentParser
import Planning
import PlatformModel
import Preview

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Says why each resource of a deployment comes from its definition, and why the others lost.",
        discussion: """
            Of a deployment; or, with --definitions, of Score files without a server: martlet explain score.yaml --definitions DIR
            """)

    @Argument(
        help: ArgumentHelp(
            "The deployment; default: the newest. With --definitions: Score files, or folders of them.", valueName: "deployment")
    ) var subjects: [String] = []
    @Option(help: ArgumentHelp("Only this one: type.class#id, or a part of it.", valueName: "resource")) var resource: String?
    @OptionGroup var offline: OfflineOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let printer = Printer(options, CommandHost.current)
        let (all, subject) = try await explanations()
        var chosen = all
        if let resource {
            let names = all.compactMap { $0["resource"]?.string }
            chosen = all.filter { $0["resource"]?.string == resource }
            if chosen.isEmpty { chosen = all.filter { $0["resource"]?.string?.contains(resource) ?? false } }
            if chosen.isEmpty {
                let nearest = nearestName(to: resource, among: names).map { "; did you mean '\($0)'?" } ?? ""
                throw CommandFailure(.notFound, "\(subject) has no resource '\(resource)'\(nearest)", details: names)
            }
        }
        printer.show(.array(chosen)) { list in
            (list.array ?? []).map { ExplanationText.text($0, style: printer.style) }.joined(separator: "\n")
        }
    }

    /// What was decided, and of what.
    private func explanations() async throws -> ([JSON], of: String) {
        if !offline.definitions.isEmpty {
            let graph = try OfflineProject.read(subjects, offline, options, .current).graph()
            return (try graph.nodes.compactMap(\.explanation).map { try JSON(encoding: $0) }, "the set")
        }
        let session = try Session(options)
        let id = try await session.deploymentID(try DeploymentArgument.one(of: subjects))
        return (try await session.gateway.get(try session.deployment(id) + "/explain").array ?? [], "the deployment \(id)")
    }
}
