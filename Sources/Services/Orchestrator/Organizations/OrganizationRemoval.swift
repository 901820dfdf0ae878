import FaultPoints
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceLifecycle
import ServiceRuntime

/// Takes organisations away that are to be deleted: first what their environments run, dependents before what they depend on; then what
/// the other rooms keep of them; last the orchestrator's own. Each look does what is next by what is left, so that it goes on wherever it
/// was interrupted, and two at once do no harm.
struct OrganizationRemoval: Service {
    let database: PostgresPool
    /// Those that keep something of organisations, in the order in which they forget it.
    let rooms: [RoomClient]
    let control: RunControl
    let logger: Logger
    var pollSeconds = 2.0

    private let deletion = DeletionDesk()

    init(database: PostgresPool, rooms: [RoomClient], control: RunControl, logger: Logger) {
        self.database = database
        self.rooms = rooms
        self.control = control
        self.logger = logger
    }

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await look()
                // Cancelled: the loop ends.
                try? await Task.sleep(for: .seconds(pollSeconds))
            }
        }
    }

    private func look() async {
        do {
            for org in try await OrganizationRemovalStore.all(database) {
                do {
                    try await FaultVerb.during("organization") { try await goOn(org) }
                } catch {
                    if Task.isCancelled { return }
                    logger.warning(
                        "the deletion of an organisation waits; the next look tries again",
                        metadata: ["org": "\(org)", "cause": "\(error)"])
                }
            }
        } catch {
            if Task.isCancelled { return }
            logger.warning("organisations that are deleted were not looked at", metadata: ["cause": "\(error)"])
        }
    }

    private func goOn(_ org: String) async throws {
        let principal = ApplianceHand.principal(in: org)
        let (idle, applications) = try await database.withOrg(org) { transaction in
            (
                try await OrganizationRemovalStore.idle(transaction),
                try await ApplicationStore.list(orgID: org, transaction)
            )
        }
        for place in idle {
            try await OrchestratorFaults.beforeEnvironmentGoes.reach()
            try await database.withOrg(org) { transaction in
                try await ApplicationStore.setStatus(.deleting, place.appID, transaction)
                _ = try await deletion.deleteEnvironment(
                    place.envID, appID: place.appID, force: true, by: principal, transaction)
            }
            try await stopRunning(place.appID, place.envID, org, principal)
        }
        for application in applications where application.envs.isEmpty {
            try await database.withOrg(org) { transaction in
                try await ApplicationStore.setStatus(.deleting, application.id, transaction)
                try await ApplicationStore.deleteWhenEmpty(application.id, transaction)
            }
            try await OrchestratorFaults.afterApplicationWent.reach()
        }
        guard applications.isEmpty else { return }
        for room in rooms {
            try await room.send(.delete, "/v1/orgs/\(HTTPCall.segment(org))", timeout: .seconds(300))
            try await FaultVerb.during("organization", of: room.room) {
                try await OrchestratorFaults.afterRoomForgot.reach()
            }
        }
        try await OrchestratorFaults.beforeOrganizationEnds.reach()
        try await database.withOrg(org) { try await OrganizationRemovalStore.finish($0) }
        try await OrchestratorFaults.afterOrganizationEnded.reach()
        logger.notice("an organisation is deleted", metadata: ["org": "\(org)"])
    }

    /// What is being deployed begins nothing more, so that the destruction has its turn soon.
    private func stopRunning(_ appID: String, _ envID: String, _ org: String, _ principal: Principal) async throws {
        let running = try await database.withOrg(org) { transaction -> String? in
            guard let id = try await DeploymentStore.queue(appID: appID, envID: envID, transaction).running,
                try await DeploymentStore.run(id, transaction)?.kind == .deploy
            else { return nil }
            return id
        }
        guard let running else { return }
        do {
            _ = try await control.cancel(running, orgID: org, by: principal) { _ in
                EnvironmentContext(orgID: org, appID: appID, envID: envID, envType: "")
            }
        } catch let failure as HTTPFailure where failure.status == .conflict || failure.status == .notFound {}
    }
}

/// Whose runs are those that no person asked for: the appliance's own, when an organisation is deleted.
enum ApplianceHand {
    static let id = "appliance"

    static func principal(in org: String) -> Principal {
        Principal(id: id, name: "the deletion of the organization", orgID: org, orgRole: .administrator)
    }
}
