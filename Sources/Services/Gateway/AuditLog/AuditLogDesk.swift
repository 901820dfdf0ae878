import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// The organisation's own part of the audit log, page by page.
struct AuditLogDesk: Sendable {
    /// A response goes back so far at most.
    private static let longest: Int64 = 32 * 86_400_000
    private static let zero = "00000000-0000-0000-0000-000000000000"

    let pool: PostgresPool

    /// What is asked for. Times and numbers are read strictly.
    struct Question: Sendable {
        var filter: AuditLogStore.Filter
        var perPage: Int
        var from: Timestamp?
        var to: Timestamp?
        var page: AuditLogStore.Place?

        /// - Throws: 400, naming the parameter.
        init(_ query: [String: String]) throws(HTTPFailure) {
            perPage = 50
            if let text = query["per_page"] {
                guard let number = Int(text), (1...100).contains(number) else {
                    throw .badRequest("per_page: a number from 1 to 100, not '\(text.prefix(40))'")
                }
                perPage = number
            }
            from = try Self.time("from", query)
            to = try Self.time("to", query)
            filter = .contract
            if let text = query["outcome"] {
                guard let one = AuditLogStore.Filter(text) else {
                    throw .badRequest(
                        "outcome: one of \(AuditLogStore.Filter.words.joined(separator: ", ")), not '\(text.prefix(40))'")
                }
                filter = one
            }
            if let text = query["page"] {
                guard let place = AuditLogStore.Place(token: text) else {
                    throw .badRequest("page: the token of a `next` link, not '\(text.prefix(80))'")
                }
                page = place
            }
        }

        private static func time(_ name: String, _ query: [String: String]) throws(HTTPFailure) -> Timestamp? {
            guard let text = query[name] else { return nil }
            guard let time = Timestamp(text) else {
                throw .badRequest("\(name): a time such as 2026-01-31T12:00:00Z, not '\(text.prefix(40))'")
            }
            return time
        }
    }

    struct Page: Sendable {
        var entries: [AuditLogEntry]
        /// nil: there is nothing older.
        var next: AuditLogStore.Place?
    }

    func page(_ question: Question, in org: String) async throws -> Page {
        // Whoever asks now sees what was written a moment ago, by whichever clock.
        let end = question.page ?? .init(at: question.to ?? Timestamp(milliseconds: 4_102_444_800_000), id: Self.zero)
        return try await pool.withOrg(org) { transaction in
            let newest = try await AuditLogStore.newest(before: end, question.filter, in: org, transaction)
            guard let newest else { return Page(entries: [], next: nil) }
            // A page's window begins where the last one ended, an empty stretch of time or not.
            let reach = Timestamp(milliseconds: newest.milliseconds - Self.longest)
            let start = question.from.map { max($0, reach) } ?? reach
            var entries = try await AuditLogStore.list(
                before: end, after: start, question.filter, limit: question.perPage + 1, in: org, transaction)
            if entries.count > question.perPage {
                entries.removeLast()
                return Page(entries: entries, next: entries.last.map { .init(at: $0.at, id: $0.id) })
            }
            // What the 32 days leave out.
            guard start == reach else { return Page(entries: entries, next: nil) }
            let rest = AuditLogStore.Place(at: Timestamp(milliseconds: start.milliseconds + 1), id: Self.zero)
            let older = try await AuditLogStore.newest(before: rest, question.filter, in: org, transaction)
            let isMore = older.map { older in question.from.map { $0 < older } ?? true } ?? false
            return Page(entries: entries, next: isMore ? rest : nil)
        }
    }
}
