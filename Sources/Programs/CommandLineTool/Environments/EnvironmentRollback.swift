import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

/// What `martlet env rollback` and `martlet rollback` take and do.
struct EnvironmentRollback: ParsableArguments {
    static let discussion = """
        Without a deployment: to the last one that succeeded before the newest, with another set or other shared values if there is one. Its plan is shown; after \
        a yes exactly that is deployed. It brings the set and its shared values back and not the data: resources stay, unless the older set \
        asks for others.
        """

    @Flag(help: "Shows the plan and deploys nothing; it is kept for a week.") var plan = false
    @Flag(help: "Does not ask.") var yes = false
    @Option(help: "A comment for the deployment.") var message: String?
    @Option(help: "The version of the shared values, '.' for the newest. Without it: the one that the deployment had.")
    var valuesVersion: String?
    @OptionGroup var deployment: DeploymentOptions
    @OptionGroup var options: GlobalOptions

    func run(_ session: Session, to id: String?) async throws {
        let all = try await session.gateway.get([Deployment].self, try Noun.deploy.path(session))
        let target = try await target(id, among: all, session)
        session.printer.note("back to deployment \(target.id) of \(target.createdAt)")
        let comment = message ?? "roll back to \(target.id)"
        let newest = all.max { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
        let question = "Deploy this to '\(try session.settings.env())'?"
        guard let newest, !newest.status.isEnded, !plan else {
            try await PlannedDeployment(
                session: session, question: question, yes: yes, planOnly: plan, deployment: deployment
            ).run(
                PlanRequest(
                    setID: target.setID, mode: deployment.mode, comment: comment, valueSetVersionID: values(of: target)))
            return
        }
        // Nobody knows what stands once that has ended, and whoever goes back cannot always wait to see.
        session.printer.note(
            "the deployment \(newest.id) is \(newest.status.rawValue): this one waits for its end, and is planned then")
        try session.host.confirm(question, yes: yes, refused: "nothing was deployed")
        var body: JSON = ["set_id": .string(target.setID), "comment": .string(comment)]
        if let mode = deployment.mode { body["mode"] = .string(mode.rawValue) }
        if let version = values(of: target) { body["value_set_version_id"] = .string(version) }
        let made = try await session.gateway.send(.post, try Noun.deploy.path(session), query: deployment.query, body: body)
        try await DeploymentWatch(session).follow(made, deployment)
    }

    /// The version to deploy with; nil: the newest. So it is, too, where there were no values then.
    private func values(of target: Deployment) -> String? {
        valuesVersion == "." ? nil : valuesVersion ?? target.valueSetVersionID
    }

    private func target(
        _ id: String?, among all: [Deployment], _ session: Session
    ) async throws(CommandFailure) -> Deployment {
        if let id {
            if let listed = all.first(where: { $0.id == id }) { return listed }
            return try await session.gateway.get(Deployment.self, try session.deployment(id))
        }
        guard let found = Self.target(in: all) else {
            throw CommandFailure(.notFound, "there is no earlier deployment that succeeded to go back to")
        }
        return found
    }

    /// A redeployment of the same set and values is nothing to go back to, as long as there is anything else.
    private static func target(in deployments: [Deployment]) -> Deployment? {
        let newestFirst = deployments.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        guard let current = newestFirst.first else { return nil }
        let earlier = newestFirst.dropFirst().filter { $0.status == .succeeded }
        let other = earlier.first { $0.setID != current.setID || $0.valueSetVersionID != current.valueSetVersionID }
        return other ?? earlier.first
    }
}
