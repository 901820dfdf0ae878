import ArgumentParser
import HTTPTypes
import Planning
import PlatformModel
import ServiceAPI

struct EnvPromote: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote", abstract: "Brings what one environment runs to another one that is there.",
        discussion: """
            What differs between their sets becomes a delta for the destination. Its plan is shown; after a yes exactly that is deployed, \
            or refused when something moved meanwhile.
            """)

    @Argument(help: ArgumentHelp("The environment to promote from, or one of its deployments.", valueName: "source"))
    var source: String
    @Argument(help: ArgumentHelp("The environment to promote to.", valueName: "destination")) var destination: String
    @Option(
        help: ArgumentHelp(
            "Only this workload, with the shared resources that it refers to; may be repeated.", valueName: "name"))
    var workload: [String] = []
    @Flag(help: "Shows the plan and deploys nothing; it is kept for a week.") var plan = false
    @Flag(help: "Does not ask.") var yes = false
    @Option(help: "A comment for the deployment.") var message: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func validate() throws {
        if source == destination { throw ValidationError("the source and the destination are the same environment") }
    }

    func run() async throws {
        let session = try Session(options), inside = session.inside(destination)
        let found = try await EnvironmentSource.find(source, session)
        guard let target = try await session.gateway.find(try inside.environment()) else {
            throw CommandFailure(
                .notFound, "there is no environment '\(destination)' here, or you may not see it",
                details: ["to make it from '\(source)': martlet env clone \(source) \(destination)"])
        }
        try refuseBusy(target)
        let before = try await EnvironmentSource.set(target["from_deploy"]?["set_id"]?.string ?? "0", session)
        let promotion = Promotion(from: try await found.set(session), to: before)
        let change: DeltaContent
        do throws(DeltaError) {
            change = workload.isEmpty ? promotion.ofEverything : try promotion.of(workloads: workload)
        } catch { throw CommandFailure(.notFound, "nothing to promote", details: error.problems.map(\.description)) }
        guard !change.isEmpty else { return unchanged(target, session) }
        let name =
            message
            ?? "promote \(workload.isEmpty ? "" : workload.joined(separator: ", ") + " of ")\(found.envID), deployment \(found.deployment.id)"
        var body = try JSON(encoding: change)
        body["metadata"] = ["env_id": .string(destination), "name": .string(name)]
        let delta = try await session.gateway.send(.post, try Noun.delta.path(session), body: body)
        try await PlannedDeployment(
            session: inside, question: "Deploy this to '\(destination)'?", yes: yes, planOnly: plan, deployment: deployment
        ).run(PlanRequest(deltaID: delta["id"]?.string, mode: deployment.mode, comment: name))
    }

    /// What is in progress there would decide what the change is made of.
    private func refuseBusy(_ target: JSON) throws(CommandFailure) {
        if target["status"]?.string == LifecycleStatus.deleting.rawValue {
            throw CommandFailure(.conflict, "the environment '\(destination)' is being deleted")
        }
        guard let last = target["last_deploy"], let id = last["id"]?.string,
            let status = last["status"]?.string.flatMap(DeploymentStatus.init(rawValue:)), !status.isEnded
        else { return }
        throw CommandFailure(
            .conflict, "the deployment \(id) of '\(destination)' is \(status.rawValue); promote once it has ended",
            details: ["see it with: martlet get deploy \(id) --env \(destination)"])
    }

    private func unchanged(_ target: JSON, _ session: Session) {
        let what = workload.isEmpty ? "has what '\(source)' runs" : "has \(workload.joined(separator: ", ")) as '\(source)' does"
        session.printer.note("'\(destination)' \(what): nothing to promote")
        if target["last_deploy"]?["status"]?.string == DeploymentStatus.failed.rawValue {
            session.printer.note("its last deployment failed; deploy it again with: martlet deploy --env \(destination)")
        }
    }
}
