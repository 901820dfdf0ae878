import ArgumentParser
import AuditRules
import AuditSealing
import PlatformModel
import Postgres

/// Shows what is of no organisation: sign-ins, refusals of strangers, what root did.
struct AuditShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the newest entries of the audit log that are of no organisation.",
        discussion:
            "Sign-ins, refused sign-ins, strangers, and what was done on this machine. What is an organisation's, its administrators see."
    )

    @OptionGroup var options: AdminOptions
    @Option(help: "How many, at most 10000.") var limit = 100
    @Option(help: "Only those after this time: 2026-01-31T12:00:00Z.") var since: String?
    @Option(help: "Only those of this actor: root, nobody, user:ID.") var actor: String?
    @Option(help: "text or json.") var output = AdminOutput.text

    func validate() throws {
        guard (1...10_000).contains(limit) else { throw ValidationError("--limit: 1 to 10000") }
        if let since, Timestamp(since) == nil { throw ValidationError("--since: a time such as 2026-01-31T12:00:00Z") }
    }

    /// As it is printed.
    private struct Line: Encodable {
        let record: AuditRecord

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(record.at, forKey: .at)
            try container.encode(record.actor, forKey: .actor)
            try container.encode(record.action, forKey: .action)
            try container.encode(record.outcome, forKey: .outcome)
            try container.encodeIfPresent(record.method, forKey: .method)
            try container.encodeIfPresent(record.path, forKey: .path)
            try container.encodeIfPresent(record.status, forKey: .status)
            try container.encodeIfPresent(record.object, forKey: .object)
            try container.encodeIfPresent(record.tokenID, forKey: .tokenID)
            try container.encodeIfPresent(record.requestID, forKey: .requestID)
            try container.encode(record.room, forKey: .room)
            try container.encode(try JSON.parse(record.details), forKey: .details)
        }

        private enum CodingKeys: String, CodingKey {
            case at, actor, action, outcome, method, path, status, object, room, details
            case tokenID = "token_id"
            case requestID = "request_id"
        }
    }

    func run() async throws {
        let configuration = try options.load()
        let records = try await AuditShowStore.newest(
            limit: limit, since: since.flatMap { Timestamp($0) }, actor: actor,
            PostgresConfiguration(dsn: configuration.database, applicationName: "martlet-admin"))
        guard output == .text else { return try AdminOutput.write(records.map { Line(record: $0) }) }
        for record in records {
            let request = [record.method, record.path, record.status.map { String($0) }].compactMap { $0 }.joined(separator: " ")
            let words = [
                record.at.description, record.outcome, record.actor, record.action, request, record.object ?? "", record.details,
            ]
            print(words.filter { !$0.isEmpty }.joined(separator: "  ").withoutControls)
        }
    }
}
