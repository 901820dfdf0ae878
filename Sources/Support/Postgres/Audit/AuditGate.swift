import Synchronization

/// While the audit log takes no entries, whoever needs one is refused at once: of many that would all wait for it, one tries each moment.
final class AuditGate: Sendable {
    private static let pause = Duration.seconds(1)

    private let closedUntil = Mutex<ContinuousClock.Instant?>(nil)

    /// - Throws: what the log itself gave a moment ago.
    func check(at now: ContinuousClock.Instant = .now) throws(PostgresError) {
        guard let until = closedUntil.withLock({ $0 }), now < until else { return }
        throw PostgresError(.server(sqlstate: "55P03"), "the audit log takes no entries")
    }

    /// An entry was not taken.
    func note(_ error: PostgresError, at now: ContinuousClock.Instant = .now) {
        guard error.sqlstate == "55P03" || error.isOutOfResources else { return }
        closedUntil.withLock { $0 = now + Self.pause }
    }
}
