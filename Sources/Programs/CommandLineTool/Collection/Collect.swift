import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Collect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "collect", abstract: "Shows resources that nothing asks for any more, and destroys them when asked to.",
        discussion: """
            A deployment destroys no resource by itself. A collection takes those that have been unused for the whole of a safety window \
            and hold no data; one that holds data goes only when it is named, and its driver may ask for --force on top.
            """)

    @Argument(help: ArgumentHelp("Resources whose data may go, as type.class#id.", valueName: "resource"))
    var resources: [String] = []
    @Flag(help: "Only shows what would go; so it is without --yes.") var plan = false
    @Flag(help: "Destroys what is shown.") var yes = false
    @Option(
        name: .customLong("older-than"),
        help: ArgumentHelp("The safety window in hours; default: as configured.", valueName: "hours"))
    var hours: Int?
    @Flag(help: "Drivers may take data along that they refuse to lose otherwise.") var force = false
    @Option(help: "Why, for the record.") var reason: String?
    @Option(help: "Seconds to wait.") var timeout = 600
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if plan, yes { throw ValidationError("give either --plan or --yes, not both") }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400 seconds") }
        guard hours.map((0...87_600).contains) ?? true else { throw ValidationError("--older-than is from 0 to 87600 hours") }
    }

    func run() async throws {
        let session = try Session(options)
        let base = try session.environment()
        var query: [(String, String)] = []
        if !resources.isEmpty { query.append(("resources", resources.joined(separator: ","))) }
        if let hours { query.append(("older_than_hours", String(hours))) }
        let shown = try await session.gateway.get(base + "/collection", query: query)
        let going = (shown["resources"]?.array ?? []).filter { $0["action"] == "collect" }.compactMap { $0["id"] }
        guard yes, !going.isEmpty else {
            session.printer.show(shown) { Self.text($0) }
            if !going.isEmpty {
                let words = resources.map { "'\($0)'" } + (hours.map { ["--older-than \($0)"] } ?? [])
                session.propose("destroy what goes, and nothing else,", (["collect"] + words + ["--yes"]).joined(separator: " "))
            }
            return
        }
        session.printer.note(Self.text(shown))
        var body: JSON = ["expect": .array(going), "force": .bool(force)]
        if !resources.isEmpty { body["resources"] = .array(resources.map(JSON.string)) }
        if let hours { body["older_than_hours"] = .int(Int64(hours)) }
        if let reason { body["reason"] = .string(reason) }
        let run = try await session.gateway.send(.post, base + "/collections", body: body)
        try await follow(run, base, session)
    }

    private func follow(_ run: JSON, _ base: String, _ session: Session) async throws {
        let id = run["id"]?.string ?? ""
        session.printer.waiting(for: "run \(TextStyle.printable(id))")
        let deadline = ContinuousClock.now + .seconds(timeout)
        while true {
            let runs = try await session.gateway.get(base + "/collections").array ?? []
            let now = runs.first { $0["id"] == .string(id) } ?? run
            switch now["status"]?.string {
            case "succeeded": return session.printer.show(now) { _ in "collected, by run \(TextStyle.printable(id))\n" }
            case "pending", "in progress": break
            default:
                let errors = try session.gateway.read([DeploymentError].self, now["errors"] ?? [])
                throw CommandFailure(
                    .failed, "not everything could be destroyed; what stands is still listed",
                    details: errors.map { "\($0.code) \($0.objectID): \($0.message.isEmpty ? $0.summary : $0.message)" })
            }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .timeout, "the collection '\(id)' has not ended after \(timeout) s; it goes on without this command")
            }
            try await Task.sleep(for: .milliseconds(300))
        }
    }

    /// What goes and what stays, in the order of the API: each with its reason below it.
    static func text(_ plan: JSON) -> String {
        let lines = plan["resources"]?.array ?? []
        if lines.isEmpty { return "everything that stands is asked for\n" }
        func list(_ action: String) -> [String] {
            lines.filter { $0["action"]?.string == action }.flatMap { line in
                ["    " + line["id"].text, "        " + line["reason"].text]
            }
        }
        var text: [String] = []
        let going = list("collect"), staying = list("keep")
        if !going.isEmpty { text += ["These go, in this order:"] + going }
        if !staying.isEmpty { text += (going.isEmpty ? [] : [""]) + ["These stay:"] + staying }
        return text.joined(separator: "\n") + "\n"
    }
}

extension JSON? {
    fileprivate var text: String { TextStyle.printable(self?.string ?? "") }
}
