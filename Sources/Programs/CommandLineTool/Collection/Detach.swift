import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Detach: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "detach", abstract: "Forgets a resource; the real thing stays.",
        discussion: """
            For what Martlet can no longer reach, or is not to own any more. Its secrets stay in the broker, where nothing reads them: a \
            later deployment of the same resource finds the real thing by its mark, and takes both up again.
            """)

    @Argument(help: ArgumentHelp("The resource, as type.class#id.", valueName: "resource")) var id: String
    @Flag(help: "Does not ask.") var yes = false
    @Option(help: "Why, for the record.") var reason: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let all = try await session.gateway.get(try Noun.resource.path(session)).array ?? []
        guard let resource = all.first(where: { Noun.identity(of: $0) == id }) else {
            let nearest = nearestName(to: id, among: all.map(Noun.identity)).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure(.notFound, "there is no resource '\(id)' here, or you may not see it\(nearest)")
        }
        session.printer.note(
            "\(id), made by \(TextStyle.printable(resource["def_id"]?.string ?? "")): it stays where it is, and nobody manages it any more"
        )
        try session.host.confirm("Detach '\(id)'?", yes: yes, refused: "nothing was detached")
        let name = "\(resource["type"]?.string ?? "").\(resource["class"]?.string ?? "default")"
        let path =
            "\(try Noun.resource.path(session))/\(HTTPCall.segment(name))/\(HTTPCall.segment(resource["res_id"]?.string ?? ""))"
        var query = [("detach", "true")]
        if let reason { query.append(("reason", reason)) }
        try await session.gateway.send(.delete, path, query: query)
        session.printer.done("resource \(id)", "detached")
    }
}
