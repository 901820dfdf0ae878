import ArgumentParser
import PlatformModel

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Says why each resource of a deployment came from its definition, and why the others lost.")

    @Argument(help: "The deployment; default: the newest.") var deployID: String?
    @Option(help: ArgumentHelp("Only this one: type.class#id, or a part of it.", valueName: "resource")) var resource: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let id = try await session.deploymentID(deployID)
        let all = try await session.gateway.get(try session.deployment(id) + "/explain").array ?? []
        var chosen = all
        if let resource {
            let names = all.compactMap { $0["resource"]?.string }
            chosen = all.filter { $0["resource"]?.string == resource }
            if chosen.isEmpty { chosen = all.filter { $0["resource"]?.string?.contains(resource) ?? false } }
            if chosen.isEmpty {
                let nearest = nearestName(to: resource, among: names).map { "; did you mean '\($0)'?" } ?? ""
                throw CommandFailure(.notFound, "the deployment \(id) has no resource '\(resource)'\(nearest)", details: names)
            }
        }
        session.printer.show(.array(chosen)) { list in
            (list.array ?? []).map { ExplanationText.text($0, style: session.printer.style) }.joined(separator: "\n")
        }
    }
}
