import AccessControl
import PlatformModel
import Postgres
import ServiceLifecycle
import Synchronization

/// Tokens and principals that were looked up a moment ago, so that a client's next request asks the database nothing about them.
///
/// What this gateway changes is forgotten at once (`forgetAll`); what anybody else changes, when PostgreSQL tells (triggers on the tables
/// that principals are made of), and in any case when it was not asked for during five seconds, and after thirty.
final class RecentPrincipals: Service {
    static let channel = "martlet_principals"
    private static let capacity = 10_000

    private struct Place: Hashable, Sendable {
        var token: String
        var org: String?
    }

    private struct State: Sendable {
        var tokens: RecentlyFound<[UInt8], TokenStore.Presented>
        var principals: RecentlyFound<Place, Principal>
    }

    private let pool: PostgresPool
    private let lifetime: Duration
    private let state: Mutex<State>

    /// - Parameters:
    ///   - idle: What nobody asks for is believed for so long.
    ///   - lifetime: What is asked for all the time, for so long.
    init(pool: PostgresPool, idle: Duration = .seconds(5), lifetime: Duration = .seconds(30)) {
        self.pool = pool
        self.lifetime = lifetime
        state = Mutex(
            State(
                tokens: RecentlyFound(capacity: Self.capacity, idle: idle),
                principals: RecentlyFound(capacity: Self.capacity, idle: idle)))
    }

    /// Listens until the program ends.
    func run() async throws {
        await cancelWhenGracefulShutdown {
            // Also when the connection is new: nobody knows what was missed.
            for await _ in self.pool.listen(Self.channel) { self.forgetAll() }
        }
    }

    func forgetAll() {
        state.withLock {
            $0.tokens.forgetAll()
            $0.principals.forgetAll()
        }
    }

    /// The token of this hash.
    /// - Parameter find: Looks it up; what it does not find is not kept.
    func token(
        _ hash: [UInt8], find: () async throws -> TokenStore.Found?
    ) async throws -> TokenStore.Presented? {
        let now = ContinuousClock.now
        let (known, look) = state.withLock { ($0.tokens.value(of: hash, at: now), $0.tokens.look) }
        if let known { return known }
        guard let found = try await find() else { return nil }
        // Counted from before the look, so that it is never believed for longer.
        let end = now + min(lifetime, found.left)
        state.withLock { $0.tokens.keep(found.presented, of: hash, at: now, until: end, found: look) }
        return found.presented
    }

    /// Who presents this token, in an organisation. Somebody who is nobody there is looked up each time: names that are made up must not
    /// push out those who work.
    func principal(
        of token: String, in org: String?, find: () async throws -> Principal
    ) async throws -> Principal {
        let now = ContinuousClock.now, place = Place(token: token, org: org)
        let (known, look) = state.withLock { ($0.principals.value(of: place, at: now), $0.principals.look) }
        if let known { return known }
        let principal = try await find()
        guard org == nil || principal.orgID != nil else { return principal }
        state.withLock { $0.principals.keep(principal, of: place, at: now, until: now + lifetime, found: look) }
        return principal
    }
}
