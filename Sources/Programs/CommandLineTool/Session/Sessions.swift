import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Sessions: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sessions", abstract: "Shows where you are signed in, or ends that.",
        discussion: "An administrator shows and ends the sessions of somebody else with --user; they are told by nobody.")

    @Option(help: ArgumentHelp("Ends this one.", valueName: "id")) var end: String?
    @Flag(help: "Ends all of them, this one too.") var endAll = false
    @Option(help: ArgumentHelp("Somebody else's, in your organisation.", valueName: "who")) var user: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        guard end == nil || !endAll, end == nil || user == nil else {
            throw CommandFailure.usage("--end ends one of your own; it goes with neither --end-all nor --user")
        }
        let path: String
        if let user {
            path = try Noun.user.path(session) + "/\(HTTPCall.segment(user))/sessions"
        } else {
            let me = try await session.gateway.get("/current-user")["id"]?.string ?? ""
            path = "/users/\(HTTPCall.segment(me))/tokens"
        }
        if let end {
            try await session.gateway.send(.delete, "\(path)/\(HTTPCall.segment(end))")
            session.printer.done("session \(end)", "ended")
            return
        }
        let all = try await session.gateway.get(path)
        guard endAll else {
            session.printer.show(all, Self.table)
            return
        }
        if user != nil {
            try await session.gateway.send(.delete, path)
        } else {
            // This one last, or the others could not be ended.
            let ids = (all.array ?? []).sorted { left, _ in left["description"] != "this session" }.compactMap {
                $0["id"]?.string
            }
            for id in ids { try await session.gateway.send(.delete, "\(path)/\(HTTPCall.segment(id))") }
        }
        session.printer.done("\(all.array?.count ?? 0) sessions", "ended")
    }

    private static func table(_ list: JSON) -> Table {
        Table(
            titles: ["ID", "SINCE", "LAST USED", "UNTIL", ""],
            rows: (list.array ?? []).map { one in
                [
                    one["id"]?.string ?? "", Noun.time(one["created_at"]), Noun.time(one["last_used_at"]),
                    Noun.time(one["expires_at"]), one["description"]?.string ?? "",
                ]
            })
    }
}
