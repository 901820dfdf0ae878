import Logging
import Postgres
import ServiceAPI
import ServiceLifecycle

/// Has the broker erase what nothing refers to any more, until it has: secrets of values that were purged, or whose environment or
/// application is gone.
struct SecretRemovals: Service {
    let database: PostgresPool
    let secrets: ValueSecrets
    let logger: Logger
    var pause = Duration.seconds(5)

    private static let together = 100

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await eraseAll()
                // Cancelled: the loop ends.
                try? await Task.sleep(for: pause)
            }
        }
    }

    private func eraseAll() async {
        do {
            while !Task.isCancelled {
                let removals = try await SecretRemovalStore.claim(limit: Self.together, database)
                for removal in removals { try await secrets.erase(removal.path, orgID: removal.orgID, database) }
                if removals.count < Self.together { return }
            }
        } catch {
            logger.warning("secrets are not erased yet", metadata: ["cause": "\(error)"])
        }
    }
}
