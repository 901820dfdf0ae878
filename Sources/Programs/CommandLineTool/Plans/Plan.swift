import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Plan: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan", abstract: "Shows what a deployment would do, and does nothing.",
        discussion: """
            Of Score files, a delta or a set; without any of them, of what the environment has once more. The plan is kept for a week: \
            'martlet deploy --plan ID' does what it says, or is refused when something moved meanwhile. 'martlet plan ID' shows a plan \
            that was made before.
            Secrets are shown as fingerprints of where they are kept.
            """)

    @Argument(help: ArgumentHelp("A plan that was made before: shows it, and whether it still holds.", valueName: "plan"))
    var id: String?
    @OptionGroup var score: ScoreFileOptions
    @Option(help: ArgumentHelp("A delta, on top of what the environment has.", valueName: "id")) var delta: String?
    @Option(help: ArgumentHelp("A set, instead of what the environment has.", valueName: "id")) var set: String?
    @Option(
        help: ArgumentHelp(
            "An older plan, brought up to date: what it changes is changed of what the environment has now.", valueName: "plan"))
    var again: String?
    @Option(
        help: ArgumentHelp(
            "An unused resource to destroy, as type.class#id; may be repeated. A deployment destroys none by itself.",
            valueName: "resource"))
    var remove: [String] = []
    @Option(help: "full: everything; incremental: what changed or failed last time.") var mode: DeploymentMode?
    @Option(help: "A comment for the plan and its deployment.") var message: String?
    @Flag(
        name: .customLong("detailed-exitcode"), help: "Exits with 2 when there is something to do, with 0 when there is nothing.")
    var detailedExitCode = false
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        let sources = [
            score.isGiven ? "--file" : nil, delta.map { _ in "--delta" }, set.map { _ in "--set" }, again.map { _ in "--again" },
        ]
        .compactMap { $0 }
        guard sources.count <= 1 else { throw ValidationError("give one of \(sources.joined(separator: " and ")), not both") }
        guard id == nil || (sources.isEmpty && remove.isEmpty && mode == nil && message == nil) else {
            throw ValidationError("'\(id ?? "")' is a plan that is made already: leave out what a new one is made from")
        }
    }

    func run() async throws {
        let session = try Session(options)
        let plan = try await plan(session)
        let text = PlanText(plan, style: session.printer.style)
        session.printer.show(plan) { _ in text.description }
        if text.changesSomething, id == nil {
            session.propose("deploy exactly this", "deploy --plan \(plan["id"]?.string ?? "")")
        }
        if detailedExitCode, text.changesSomething { throw ChangesPlanned() }
    }

    private func plan(_ session: Session) async throws(CommandFailure) -> JSON {
        let path = try Noun.plan.path(session)
        if let id { return try await session.gateway.get("\(path)/\(HTTPCall.segment(id))") }
        let files = score.isGiven ? try score.read(session).files : nil
        let request = PlanRequest(
            files: files, deltaID: delta, setID: set, planID: again, mode: mode, removing: remove.isEmpty ? nil : remove,
            comment: message)
        let body: JSON
        do { body = try JSON(encoding: request) } catch {
            throw CommandFailure(.failed, "the request cannot be written: \(error)")
        }
        try ScoreFileOptions.requireSendable(body)
        return try await session.gateway.send(.post, path, body: body)
    }
}

/// The end of `plan --detailed-exitcode` that found something to do.
struct ChangesPlanned: Error {}
