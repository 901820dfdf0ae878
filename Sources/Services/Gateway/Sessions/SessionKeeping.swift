import DirectoryClient
import Logging
import Postgres
import ServiceLifecycle

/// What is done about sessions while nobody asks: the directory's word is renewed, ended tokens are forgotten.
struct SessionKeeping: Service {
    /// Short beside the age that the directory's word may have, so that the bound holds.
    private static let pause = Duration.seconds(5)

    let pool: PostgresPool
    let people: DirectoryDesk
    /// How long wrong passwords are held against somebody.
    let forgetSeconds: Int
    let logger: Logger

    func run() async throws {
        // Ends with the graceful shutdown; what is being checked is checked again by the next process.
        try? await cancelWhenGracefulShutdown {
            while true {
                try await Task.sleep(for: Self.pause)
                do {
                    try await people.checkAllDue()
                    try await people.synchronise(afterSeconds: people.syncSeconds)
                    try await TokenStore.deleteExpired(pool)
                    try await TrustStore.deleteUsed(pool)
                    try await SignInFailureStore.deleteOld(afterSeconds: forgetSeconds, pool)
                } catch is CancellationError {
                    return
                } catch {
                    logger.warning("sessions were not looked after; the next round tries again", metadata: ["cause": "\(error)"])
                }
            }
        }
        people.directory.stop()
    }
}
