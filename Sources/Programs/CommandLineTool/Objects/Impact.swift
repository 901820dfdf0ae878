import ArgumentParser
import PlatformModel
import ServiceAPI

struct Impact: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "impact", abstract: "Says which active resources a change of matching would give to another definition.",
        discussion: """
            Of the deletion of a definition; with --without of the deletion of one of its criteria, with --with of a new one. Nothing is \
            changed: resources match anew at their next deployment.
            """)

    @Argument(help: "The definition.") var definition: String
    @Option(help: ArgumentHelp("What if it did not have this criterion?", valueName: "criterion-id")) var without: String?
    @Option(
        help: ArgumentHelp(
            "What if it had this criterion too? For instance env_type=production,class=large; 'any' for all resources of class default.",
            valueName: "criterion")
    ) var with: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let query = try query()
        let session = try Session(options)
        let path = try session.organization() + "/resources/defs/" + HTTPCall.segment(definition) + "/impact"
        let answer = try await session.gateway.get(path, query: query)
        session.printer.note("If \(answer["change"]?.string ?? ""):")
        session.printer.show(answer) { answer in
            Table(
                titles: ["APP", "ENV", "RESOURCE", "FROM", "TO", "WHY"],
                rows: (answer["resources"]?.array ?? []).map { resource in
                    let target = resource["to_def"]?.string ?? ""
                    return [
                        resource["app_id"]?.string ?? "", resource["env_id"]?.string ?? "", Noun.identity(of: resource),
                        resource["from_def"]?.string ?? "", target.isEmpty ? "none" : target, resource["reason"]?.string ?? "",
                    ]
                })
        }
        let listed = answer["resources"]?.array?.count ?? 0, total = answer["total"]?.int ?? listed
        if total > listed { session.printer.note("\(total) resources in all; the first \(listed) are listed") }
    }

    private func query() throws(CommandFailure) -> [(String, String)] {
        guard without == nil || with == nil else { throw .usage("give --with or --without, not both") }
        if let without { return [("criteria_id", without)] }
        guard let with else { return [] }
        if with == "any" { return [("class", "default")] }
        let known = ["env_type", "app_id", "env_id", "res_id", "class"]
        var query: [(String, String)] = []
        for part in with.split(separator: ",", omittingEmptySubsequences: false) {
            let sides = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard sides.count == 2 else { throw .usage("'\(part)' is no part of a criterion; write \(known[0])=VALUE") }
            guard known.contains(sides[0]) else {
                let nearest = nearestName(to: sides[0], among: known).map { "; did you mean '\($0)'?" } ?? ""
                throw .usage("a criterion has no '\(sides[0])', it has \(known.joined(separator: ", "))\(nearest)")
            }
            query.append((sides[0], sides[1]))
        }
        return query
    }
}
