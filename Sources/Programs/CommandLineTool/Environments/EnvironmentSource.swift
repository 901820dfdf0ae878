import PlatformModel
import ServiceAPI

/// What an environment is made from, promoted from or compared with: a deployment, and whose it is.
struct EnvironmentSource: Sendable {
    let deployment: Deployment
    let envID: String
    let envType: String

    /// An environment stands for its last deployment that succeeded; anything else is looked for among the deployments.
    ///
    /// - Throws: Not found, with the nearest environment.
    static func find(_ word: String, _ session: Session) async throws(CommandFailure) -> EnvironmentSource {
        let environments = try await session.gateway.get(try Noun.env.path(session)).array ?? []
        if let environment = environments.first(where: { $0["id"]?.string == word }) {
            guard let source = try await newest(of: environment, session) else {
                throw CommandFailure(.notFound, "no deployment of the environment '\(word)' has succeeded yet")
            }
            return source
        }
        for environment in environments {
            let id = environment["id"]?.string ?? ""
            guard let found = try await session.gateway.find(try session.inside(id).deployment(word)) else { continue }
            return EnvironmentSource(
                deployment: try session.gateway.read(Deployment.self, found), envID: id,
                envType: environment["type"]?.string ?? "")
        }
        let nearest = nearestName(to: word, among: environments.compactMap { $0["id"]?.string })
        throw CommandFailure(
            .notFound,
            "there is no environment and no deployment '\(word)' here, or you may not see it"
                + (nearest.map { "; did you mean '\($0)'?" } ?? ""))
    }

    /// An environment's last deployment that succeeded; says so when there is a newer one.
    static func newest(of environment: JSON, _ session: Session) async throws(CommandFailure) -> EnvironmentSource? {
        let id = environment["id"]?.string ?? "", type = environment["type"]?.string ?? ""
        if let body = environment["last_deploy"], body["status"]?.string == DeploymentStatus.succeeded.rawValue {
            return EnvironmentSource(
                deployment: try session.gateway.read(Deployment.self, body), envID: id, envType: type)
        }
        let all = try await session.gateway.get([Deployment].self, try Noun.deploy.path(session.inside(id)))
        let newestFirst = all.sorted { ($0.createdAt, $0.id) > ($1.createdAt, $1.id) }
        guard let last = newestFirst.first(where: { $0.status == .succeeded }) else { return nil }
        if let newer = newestFirst.first, newer.id != last.id {
            session.printer.note(
                "the newest deployment of '\(id)', \(newer.id), is \(newer.status.rawValue); this is about \(last.id), "
                    + "the last that succeeded")
        }
        return EnvironmentSource(deployment: last, envID: id, envType: type)
    }

    /// The set's content.
    func set(_ session: Session) async throws(CommandFailure) -> DeploymentSet { try await Self.set(deployment.setID, session) }

    static func set(_ id: String, _ session: Session) async throws(CommandFailure) -> DeploymentSet {
        try await session.gateway.get(DeploymentSet.self, try Noun.set.path(session) + "/" + HTTPCall.segment(id))
    }
}
