import PlatformModel
import Postgres
import ServiceAPI

/// The events of a run, in order; their channel is notified so that open streams read on at once.
enum EventStore {
    /// Its payload is the deployment's id.
    static let channel = "martlet_events"

    static func append(
        _ deploymentID: String, object: String? = nil, status: String, message: String? = nil,
        _ transaction: PostgresTransaction
    ) async throws {
        _ = try await transaction.pipeline([
            // One writer at a time for each run, until it commits: a reader that has seen an id has seen all before it.
            "SELECT 1 AS locked FROM orchestrator.deployments WHERE id = \(deploymentID) FOR NO KEY UPDATE",
            """
            INSERT INTO orchestrator.events (org_id, deployment_id, object, status, message)
            VALUES (martlet.current_org(), \(deploymentID), \(object), \(status), \(message))
            """,
            "SELECT pg_notify(\(channel), \(deploymentID))",
        ])
    }

    /// What a plan says of each of its nodes, in one statement: most are kept, and there may be thousands.
    static func append(
        _ deploymentID: String, nodes: [(object: String, status: String, message: String)], _ transaction: PostgresTransaction
    ) async throws {
        guard !nodes.isEmpty else { return }
        _ = try await transaction.pipeline([
            "SELECT 1 AS locked FROM orchestrator.deployments WHERE id = \(deploymentID) FOR NO KEY UPDATE",
            """
            INSERT INTO orchestrator.events (org_id, deployment_id, object, status, message)
            SELECT martlet.current_org(), \(deploymentID), object, status, message
            FROM unnest(\(nodes.map(\.object))::text[], \(nodes.map(\.status))::text[], \(nodes.map(\.message))::text[])
                 WITH ORDINALITY AS node (object, status, message, place)
            ORDER BY place
            """,
            "SELECT pg_notify(\(channel), \(deploymentID))",
        ])
    }

    /// An event of some run.
    struct Entry: Sendable {
        var deploymentID: String
        var object: String?
        var status: String
        var message: String
    }

    /// Events of several runs in one round trip, in their order.
    static func append(_ entries: [Entry], _ transaction: PostgresTransaction) async throws {
        _ = try await transaction.pipeline(appending(entries))
    }

    /// - Parameter isLocked: the transaction has the locks of the runs.
    static func appending(_ entries: [Entry], isLocked: Bool = false) -> [SQL] {
        guard !entries.isEmpty else { return [] }
        let runs = Set(entries.map(\.deploymentID)).sorted()
        let locking: SQL =
            "SELECT 1 AS locked FROM orchestrator.deployments WHERE id = ANY(\(runs)) ORDER BY id FOR NO KEY UPDATE"
        return (isLocked ? [] : [locking]) + [
            """
            INSERT INTO orchestrator.events (org_id, deployment_id, object, status, message)
            SELECT martlet.current_org(), deployment_id, nullif(object, ''), status, message
            FROM unnest(\(entries.map(\.deploymentID))::text[], \(entries.map { $0.object ?? "" })::text[],
                        \(entries.map(\.status))::text[], \(entries.map(\.message))::text[])
                 WITH ORDINALITY AS entry (deployment_id, object, status, message, place)
            ORDER BY place
            """,
            "SELECT pg_notify(\(channel), run) FROM unnest(\(runs)::text[]) AS run",
        ]
    }

    /// Events after an id, oldest first, at most `limit`; its rows are `events`.
    static func query(of deploymentID: String, after id: Int64, limit: Int) -> SQL {
        """
        SELECT id, at, deployment_id, object, status, message FROM orchestrator.events
        WHERE deployment_id = \(deploymentID) AND id > \(id) ORDER BY id LIMIT \(limit)
        """
    }

    static func events(_ rows: [Row]) throws -> [(id: Int64, event: DeploymentEvent)] {
        try rows.map { row in
            let event = DeploymentEvent(
                at: try row.timestamp("at"), deploymentID: try row.string("deployment_id"),
                object: try row.optionalString("object"), status: try row.string("status"),
                message: try row.optionalString("message"))
            return (try row.int64("id"), event)
        }
    }
}
