import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime
import Synchronization

/// Which organisations are not at work, known for a moment: a request costs no query.
final class OrganizationStates: Sendable {
    private struct Known {
        var states: [String: OrganizationState]
        var until: ContinuousClock.Instant
    }

    private let pool: PostgresPool
    private let remembers: Duration
    private let known = Mutex<Known?>(nil)

    /// - Parameter remembers: how long a suspension may take to be known.
    init(pool: PostgresPool, remembers: Duration = .seconds(2)) {
        self.pool = pool
        self.remembers = remembers
    }

    func state(of org: String) async throws -> OrganizationState? {
        let now = ContinuousClock.now
        if let known = known.withLock({ $0 }), known.until > now { return known.states[org] }
        let states = try await OrganizationStateStore.notAtWork(pool)
        known.withLock { $0 = Known(states: states, until: now + remembers) }
        return states[org]
    }

    /// For people and machines of the organisation, and for nobody else.
    ///
    /// - Throws: 403 `organization_suspended` while it is not at work.
    func refuse(_ org: String) async throws {
        guard let state = try await state(of: org), let words = state.refusal(of: org) else { return }
        throw Self.failure(words)
    }

    /// - Throws: 403 where none of them is at work.
    func refuse(allOf organizations: [String]) async throws {
        var words: [String] = []
        for org in organizations {
            guard let refusal = try await state(of: org)?.refusal(of: org) else { return }
            words.append(refusal)
        }
        guard words.isEmpty else { throw Self.failure(words.joined(separator: " ")) }
    }

    private static func failure(_ words: String) -> HTTPFailure {
        HTTPFailure(.forbidden, "organization_suspended", words)
    }
}
