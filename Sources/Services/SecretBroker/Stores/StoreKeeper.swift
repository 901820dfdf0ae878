import Logging
import ServiceLifecycle

/// Renews the tokens of outside stores before they end, also where nobody reads for a while.
struct StoreKeeper: Service {
    let stores: StoreDesk
    let logger: Logger
    var pause = Duration.seconds(5)

    func run() async throws {
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                do { try await stores.renewDue(logger) } catch {
                    logger.warning("tokens of secret stores are not renewed", metadata: ["cause": "\(error)"])
                }
                // Cancelled: the loop ends.
                try? await Task.sleep(for: pause)
            }
        }
    }
}
