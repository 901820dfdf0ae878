import AccessControl
import HTTPTypes
import PlatformModel
import ServiceRuntime
import Synchronization

/// How much each address, token, user and organisation may ask of this gateway.
final class RateLimiter: Sendable {
    struct Rates: Sendable, Hashable {
        var address = BucketRate(perSecond: 300, burst: 3000)
        var token = BucketRate(perSecond: 100, burst: 1000)
        var user = BucketRate(perSecond: 200, burst: 2000)
        var organization = BucketRate(perSecond: 500, burst: 5000)
    }

    private struct State {
        var addresses, tokens, users, organizations: BucketTable<String>

        mutating func take(_ cost: Double, _ kind: Kind, _ key: String, at now: Double) -> Double? {
            switch kind {
            case .address: addresses.take(cost, for: key, at: now)
            case .token: tokens.take(cost, for: key, at: now)
            case .user: users.take(cost, for: key, at: now)
            case .organization: organizations.take(cost, for: key, at: now)
            }
        }
    }

    enum Kind: String, Sendable {
        case address, token, user, organization
    }

    /// Buckets of each kind: 100 bytes each.
    private static let capacity = 50_000

    private let state: Mutex<State>
    private let metrics: MetricsRegistry
    private let start = ContinuousClock.now

    init(_ rates: Rates, metrics: MetricsRegistry) {
        func table(_ rate: BucketRate) -> BucketTable<String> { BucketTable(rate, capacity: Self.capacity) }
        state = Mutex(
            State(
                addresses: table(rates.address), tokens: table(rates.token), users: table(rates.user),
                organizations: table(rates.organization)))
        self.metrics = metrics
    }

    /// - Throws: 429 with `Retry-After`.
    func take(_ cost: Double, _ kind: Kind, _ key: String) throws(HTTPFailure) {
        let now = (ContinuousClock.now - start) / .seconds(1)
        guard let wait = state.withLock({ $0.take(cost, kind, key, at: now) }) else { return }
        metrics.count(
            "martlet_rate_limited_total", help: "Requests refused because somebody asked too much, by whose limit it was.",
            labels: ["limit": kind.rawValue])
        throw Self.refusal(kind, seconds: max(1, Int(wait.rounded(.up))))
    }

    static func refusal(_ kind: Kind, seconds: Int) -> HTTPFailure {
        HTTPFailure(
            .tooManyRequests,
            ErrorBody(
                error: "rate_limited",
                message:
                    "Too many requests \(words(kind)). Try again in \(seconds) s; `rate_limits` in the gateway's file sets how many.",
                details: ["limit": .string(kind.rawValue), "retry_after_seconds": .int(Int64(seconds))]),
            headers: [.retryAfter: String(seconds)])
    }

    private static func words(_ kind: Kind) -> String {
        switch kind {
        case .address: "from this address"
        case .token: "with this token"
        case .user: "by this user"
        case .organization: "to this organization"
        }
    }
}
