import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle

/// Roles follow applications: whoever creates one owns it, and with one its roles go. What was asked is written down first, so that it
/// holds whenever this program ends, and whether or not the orchestrator's answer arrives.
struct ApplicationRights: Service {
    /// Between two looks at what was left open.
    private static let pause = Duration.seconds(5)
    /// Longer than any request to the orchestrator, with what it does after the gateway has given it up.
    private static let oldSeconds = 180.0
    /// So many calls without an answer in a row, and the rest is left to the next look.
    private static let mostUnreachable = 3

    let pool: PostgresPool
    let recent: RecentPrincipals
    let orchestrator: RoomClient
    let logger: Logger
    /// What is younger is left to its request.
    var settleAfterSeconds = 5.0
    /// Of the orchestrator; nobody waits for it, and what got none is asked again.
    var answerWithin = Duration.seconds(5)

    /// Writes down what is about to be asked.
    func ask(_ change: ApplicationChange) async throws { try await ApplicationChangeStore.insert(change, pool) }

    /// Does what follows from the orchestrator's answer. Without a clear one it is found out later.
    func settle(_ change: ApplicationChange, status: Int) async throws {
        switch (change.kind, status) {
        case (.create, 201), (.delete, 202), (.delete, 204): try await happened(change)
        case (_, 400..<500): try await ApplicationChangeStore.delete(change, pool)
        default: break
        }
    }

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while true {
                do { try await reconcile() } catch is CancellationError { return } catch {
                    logger.warning("rights on applications are not settled yet", metadata: ["cause": "\(error)"])
                }
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    /// Finds out what became of the changes whose requests ended without settling them. One that cannot be settled is looked at again
    /// later and later, and the others in the meantime.
    func reconcile() async throws {
        let open = try await ApplicationChangeStore.open(
            afterSeconds: settleAfterSeconds, oldAfterSeconds: Self.oldSeconds, limit: 100, pool)
        var unreachable = 0
        for one in open {
            do {
                try await reconcile(one)
                unreachable = 0
            } catch {
                try Task.checkCancellation()
                try await ApplicationChangeStore.postpone(one.change, pool)
                logger.warning(
                    "rights on an application are not settled yet", metadata: Self.metadata(one.change, ["cause": "\(error)"]))
                // A room that is away settles none of them.
                unreachable = Self.isUnreachable(error) ? unreachable + 1 : 0
                guard unreachable < Self.mostUnreachable else { return }
            }
        }
    }

    private func reconcile(_ one: ApplicationChangeStore.Open) async throws {
        let change = one.change
        switch change.verdict(try await found(change), askedAt: one.askedAt, isOld: one.isOld) {
        case .happened:
            try await happened(change)
            logger.notice("rights on an application are settled after the fact", metadata: Self.metadata(change))
        case .didNotHappen: try await ApplicationChangeStore.delete(change, pool)
        // Its request may still run.
        case .unknownYet: break
        }
    }

    private static func isUnreachable(_ error: any Error) -> Bool {
        switch (error as? RoomError)?.kind {
        case .unreachable, .timeout: true
        default: false
        }
    }

    private static func metadata(_ change: ApplicationChange, _ more: Logger.Metadata = [:]) -> Logger.Metadata {
        ["org": "\(change.orgID)", "app": "\(change.appID)", "change": "\(change.kind.rawValue)"].merging(more) { $1 }
    }

    private func happened(_ change: ApplicationChange) async throws {
        defer { recent.forgetAll() }
        try await pool.withOrg(change.orgID) { transaction in
            // Two that settle the same change do it once: what came later (a role taken away) stays.
            guard let askedAt = try await ApplicationChangeStore.settle(change, transaction) else { return }
            switch change.kind {
            case .delete: try await RoleStore.removeRoles(on: change.place, transaction)
            case .create:
                if try await ApplicationChangeStore.settleDeletions(of: change, before: askedAt, transaction) {
                    try await RoleStore.removeRoles(on: change.place, transaction)
                }
                // Whoever makes an environment type is an administrator, who may deploy everywhere.
                guard change.level == .application else { return }
                let owner = RoleStore.Grant(level: .application, object: change.appID, role: AppRole.owner.rawValue)
                try await RoleStore.assign(owner, to: change.subject, in: change.orgID, transaction)
                try await RoleStore.addMembership(of: change.subject, in: change.orgID, transaction)
            }
        }
    }

    /// What the orchestrator has.
    private func found(_ change: ApplicationChange) async throws -> ApplicationChange.Found? {
        switch change.level {
        case .application:
            try await application(of: change).map {
                .init(createdBy: $0.createdBy, createdAt: $0.createdAt, isGoing: $0.status == .deleting)
            }
        case .environmentType, .organization: try await environmentType(of: change)
        }
    }

    /// An environment type does not say who made it, nor when; it goes at once.
    private func environmentType(of change: ApplicationChange) async throws -> ApplicationChange.Found? {
        let viewer = Principal(
            id: change.subject, name: change.subject, orgID: change.orgID, memberOf: [change.orgID], orgRole: .member)
        let path = "/v1/orgs/\(HTTPCall.segment(change.orgID))/env-types/\(HTTPCall.segment(change.appID))"
        do throws(RoomError) {
            _ = try await orchestrator.send(.get, path, principal: viewer, timeout: answerWithin)
            return .init(createdBy: nil, createdAt: nil, isGoing: false)
        } catch {
            guard error.status == 404 else { throw error }
            return nil
        }
    }

    /// As whoever asked for the change would see it.
    private func application(of change: ApplicationChange) async throws -> Application? {
        let viewer = Principal(
            id: change.subject, name: change.subject, orgID: change.orgID, memberOf: [change.orgID],
            appRoles: [change.appID: .viewer])
        let path = "/v1/orgs/\(HTTPCall.segment(change.orgID))/apps/\(HTTPCall.segment(change.appID))"
        do throws(RoomError) {
            return try await orchestrator.call(.get, path, principal: viewer, timeout: answerWithin)
        } catch {
            guard error.status == 404 else { throw error }
            return nil
        }
    }
}
