import ArgumentParser
import AuditRules
import AuditSealing
import Cryptography
import FoundationEssentials
import PlatformModel
import Postgres
import ServiceRuntime

/// Goes through the whole log, and names the first thing that is wrong.
struct AuditVerify: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify", abstract: "Checks that no entry of the audit log was changed, moved or taken away.",
        discussion: """
            Every entry is hashed with the one before it, and the broker signs the end. What the database alone cannot tell is whether its \
            end was cut off and an older end put in its place: give the file of signed ends that the broker keeps, or better the copy of \
            it that you keep on another machine. Exits with 1 when something is wrong, and names the first of it.
            """)

    @OptionGroup var options: AdminOptions
    @Option(help: "A file of signed ends (audit-heads.jsonl); may be repeated.") var head: [String] = []
    @Option(help: "text or json.") var output = AdminOutput.text

    /// As it is printed.
    private struct Result: Encodable {
        var whole: Bool
        var problem: String?
        var entries: Int64?
        var first: Timestamp?
        var last: Timestamp?
        var dropped: Int64?
        var heads: Int?
        var unsealed: Int?
    }

    func run() async throws {
        let configuration = try options.load()
        let keys = try await configuration.auditKeys()
        let check = AuditCheck(keys: keys, heads: try head.flatMap(Self.heads)) { count in
            // A line for each hundred thousand.
            if count > 0, count % 100_000 == 0 { StandardError.write("\(count) entries are whole so far\n") }
        }
        do {
            let report = try await check.run(
                PostgresConfiguration(dsn: configuration.database, applicationName: "martlet-admin"))
            try show(report)
        } catch let problem as AuditProblem {
            let words = problem.finding.description
            if output == .json {
                try AdminOutput.write(Result(whole: false, problem: words))
            } else {
                print("NOT WHOLE: \(words)")
            }
            throw ExitCode(1)
        }
    }

    private func show(_ report: AuditCheck.Report) throws {
        guard output == .text else {
            return try AdminOutput.write(
                Result(
                    whole: true, entries: report.entries, first: report.first, last: report.last, dropped: report.dropped,
                    heads: report.heads, unsealed: report.unsealed))
        }
        let span = report.first.flatMap { first in report.last.map { ", from \(first) to \($0)" } } ?? ""
        print("\(report.entries) entries are whole\(span)")
        if report.dropped > 0 { print("\(report.dropped) before them were dropped for their age") }
        print(
            head.isEmpty
                ? "no --head was given: whether entries were cut off at the end is known only up to the database's own word"
                : "\(report.heads) signed ends from elsewhere agree")
        if report.unsealed > 0 {
            print("\(report.unsealed) are not sealed yet\(report.unsealedSince.map { ", the oldest of \($0)" } ?? "")")
        }
    }

    private static func heads(_ path: String) throws -> [AuditMark] {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw ErrorBody(error: "ADM-010", message: "--head \(path): cannot be read")
        }
        return try String(decoding: data, as: UTF8.self).split(separator: "\n").enumerated().map { number, line in
            guard let mark = AuditMark(line: line) else {
                throw ErrorBody(
                    error: "ADM-010",
                    message: "--head \(path): line \(number + 1) is no signed end of an audit log; was the file cut?")
            }
            return mark
        }
    }
}
