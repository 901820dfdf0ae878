import ArgumentParser
import PlatformModel
import ServiceAPI

struct AuditLogs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit-logs", abstract: "Shows what was done in the organisation and by whom, newest first.",
        discussion: """
            For administrators of the organisation. Without --outcome it is what was written by requests that succeeded; refused shows who \
            was refused what, read which secrets were given out, all everything.
            """)

    @Option(help: "How many at most.") var limit = 50
    @Option(help: "Only those after this time: 2026-01-31T12:00:00Z.") var from: String?
    @Option(help: "Only those before this time.") var to: String?
    @Option(help: "all, done, refused, failed or read.") var outcome: String?
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...100_000).contains(limit) else { throw ValidationError("--limit: 1 to 100000") }
    }

    func run() async throws {
        let session = try Session(options)
        let chosen = [("from", from), ("to", to), ("outcome", outcome)].compactMap { name, value in value.map { (name, $0) } }
        var entries: [JSON] = []
        var page: (path: String, query: [(String, String)])? = (
            try session.organization() + "/audit-logs", chosen + [("per_page", String(min(limit, 100)))]
        )
        while let next = page, entries.count < limit {
            let (answer, link) = try await session.gateway.page(next.path, query: next.query)
            entries += answer.array ?? []
            page = link.map { ($0, []) }
        }
        session.printer.show(.array(Array(entries.prefix(limit))), Self.table)
    }

    private static func table(of list: JSON) -> Table {
        Table(
            titles: ["AT", "WHO", "OUTCOME", "STATUS", "WHAT", "OBJECT"],
            rows: (list.array ?? []).map { entry in
                let request = [entry["request_method"]?.string, entry["request_path"]?.string].compactMap { $0 }.filter {
                    !$0.isEmpty
                }
                return [
                    Noun.time(entry["at"]), entry["user_id"]?.string ?? "-", entry["outcome"]?.string ?? "-",
                    entry["response_status"]?.int.flatMap { $0 == 0 ? nil : String($0) } ?? "-",
                    request.isEmpty ? entry["action"]?.string ?? "-" : request.joined(separator: " "),
                    entry["object"]?.string ?? "-",
                ]
            })
    }
}
