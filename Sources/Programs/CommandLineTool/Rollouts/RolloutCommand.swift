import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Brings a changed definition or profile to every environment that it touches.",
        discussion: """
            Every affected environment is planned first, and the summary is shown. After a yes they are deployed in batches by environment \
            type; the first failure stops it. 'martlet get rollouts' lists rollouts.
            """,
        subcommands: [RolloutDefinition.self, RolloutProfile.self, RolloutResume.self, RolloutCancel.self])
}

/// What a new rollout takes.
struct RolloutOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only environments of these types, in this order; default: all, in the order in which the organisation made them.",
            valueName: "type,..."))
    var envTypes: String?
    @Option(help: "Environments at a time; those of two types are never deployed together.") var batchSize = 5
    @Flag(help: "Shows the summary and deploys nothing; 'martlet rollout resume' goes on with it.") var plan = false
    @Flag(help: "Does not ask.") var yes = false
    @Option(help: "A comment for the rollout and its deployments.") var message: String?
    @Flag(help: "Waits until it has ended, and shows its progress.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 3600
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        guard (1...1000).contains(batchSize) else { throw ValidationError("--batch-size is from 1 to 1000 environments") }
        guard (1...86_400).contains(timeout) else { throw ValidationError("--timeout is from 1 to 86400 seconds") }
    }

    /// Plans, shows, asks, begins.
    func run(_ subject: [String: JSON]) async throws {
        let session = try Session(options)
        var body = JSON.object(subject)
        body["batch_size"] = .int(Int64(batchSize))
        if let envTypes {
            body["env_types"] = .array(
                envTypes.split(separator: ",").map { .string(String($0.drop { $0 == " " })) })
        }
        body["comment"] = message.map(JSON.string)
        let watch = RolloutWatch(session, timeout: .seconds(timeout))
        let made: JSON
        do throws(CommandFailure) {
            made = try await session.gateway.send(.post, try Noun.rollout.path(session), body: body)
        } catch { throw try await Self.withNearest(error, subject, session) }
        let planned = try await watch.planned(made)
        let text = RolloutText(planned, style: session.printer.style)
        let isPlanned = planned["status"]?.string == "planned"
        if plan || !isPlanned {
            // One that nobody says yes to would keep others from being begun; where there is nothing to do it has ended.
            let kept = isPlanned ? try await watch.change(planned, "cancel") : planned
            session.printer.show(kept) { _ in text.description }
            if plan, text.deploysSomething {
                session.propose("roll it out", "rollout resume \(watch.id(kept))")
            }
            return
        }
        session.printer.note(String(text.description.dropLast()))
        do throws(CommandFailure) {
            try session.host.confirm("Deploy to these environments?", yes: yes, refused: "nothing was deployed")
        } catch {
            _ = try await watch.change(planned, "cancel")
            throw error
        }
        try await watch.follow(try await watch.change(planned, "resume"), wait: wait, since: planned)
    }
}

extension RolloutOptions {
    /// Of a subject that is not there the failure says the nearest that is.
    private static func withNearest(
        _ failure: CommandFailure, _ subject: [String: JSON], _ session: Session
    ) async throws(CommandFailure) -> CommandFailure {
        guard failure.status == .notFound else { return failure }
        let noun = subject["definition_id"] == nil ? Noun.profile : .def
        guard let word = (subject["definition_id"] ?? subject["profile_id"])?.string,
            let all = try await session.gateway.find(try noun.path(session))?.array
        else { return failure }
        let ids = all.compactMap { $0["id"]?.string }
        guard !ids.contains(word), let nearest = nearestName(to: word, among: ids) else { return failure }
        var failure = failure
        failure.details.append("did you mean '\(nearest)'?")
        return failure
    }
}

struct RolloutDefinition: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "definition", abstract: "Brings a version of a definition to every environment that it touches.",
        discussion: """
            Without --version the active one. Another one becomes the active one with the first environment that is deployed, and not before; \
            then every other environment takes it at its next deployment, too.
            """)

    @Argument(help: ArgumentHelp("The definition.", valueName: "id")) var id: String
    @Option(
        help: ArgumentHelp("This version, as 'martlet definition versions' lists it; default: the active one.", valueName: "id"))
    var version: String?
    @OptionGroup var rollout: RolloutOptions

    func run() async throws {
        var subject: [String: JSON] = ["definition_id": .string(id)]
        subject["version"] = version.map(JSON.string)
        try await rollout.run(subject)
    }
}

struct RolloutProfile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "profile", abstract: "Brings a changed workload profile to every environment with workloads of it.",
        discussion: """
            A profile of your own: the newest version of it. One that comes with Martlet changes with Martlet's version: after an upgrade \
            this brings workloads that run since before to what the present version makes of them.
            """)

    @Argument(help: ArgumentHelp("The profile, such as acme/web or humanitec/default-module.", valueName: "id")) var id: String
    @OptionGroup var rollout: RolloutOptions

    func run() async throws { try await rollout.run(["profile_id": .string(id)]) }
}

struct RolloutResume: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Begins a planned rollout, or lets one that failed or was cancelled go on.",
        discussion: "What failed is planned and deployed again; what succeeded stays as it is.")

    @Argument(help: ArgumentHelp("The rollout.", valueName: "id")) var id: String
    @Flag(help: "Waits until it has ended, and shows its progress.") var wait = false
    @Option(help: "Seconds to wait.") var timeout = 3600
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let watch = RolloutWatch(session, timeout: .seconds(timeout))
        let before = try await session.gateway.get(try watch.path(id))
        try await watch.follow(try await watch.change(before, "resume"), wait: wait, since: before)
    }
}

struct RolloutCancel: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cancel", abstract: "Ends a rollout: what was begun goes to its end, nothing new begins.")

    @Argument(help: ArgumentHelp("The rollout.", valueName: "id")) var id: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let watch = RolloutWatch(session, timeout: .seconds(1))
        let body = try await session.gateway.send(.post, try watch.path(id) + "/actions/cancel")
        session.printer.show(body) { "rollout \(TextStyle.printable($0["id"]?.string ?? "")) \($0["status"]?.string ?? "")\n" }
    }
}
