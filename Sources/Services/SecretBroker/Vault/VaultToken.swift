import Synchronization

/// A token that Vault gave, and how long it lives.
struct VaultToken: Sendable {
    var text: String
    /// Nil: it does not end.
    var end: ContinuousClock.Instant?
    var lifetime: Duration?
    var isRenewable: Bool

    /// What is about to end is not used: the request would arrive after it.
    private var margin: Duration { min(.seconds(3), (lifetime ?? .zero) / 10) }

    init(_ text: String, seconds: Int, isRenewable: Bool, at now: ContinuousClock.Instant) {
        self.text = text
        self.isRenewable = isRenewable
        lifetime = seconds > 0 ? .seconds(seconds) : nil
        end = seconds > 0 ? now + .seconds(seconds) : nil
    }

    func isUsable(at now: ContinuousClock.Instant) -> Bool { end.map { now + margin < $0 } ?? true }

    /// The last third of its life has begun.
    func isLate(at now: ContinuousClock.Instant) -> Bool {
        guard isRenewable, let end, let lifetime else { return false }
        return now + lifetime / 3 >= end
    }
}

/// The tokens of this process, by store and revision; never in the database.
final class VaultTokens: Sendable {
    private static let limit = 10_000
    private let tokens = Mutex<[String: VaultToken]>([:])

    func token(of store: String) -> VaultToken? { tokens.withLock { $0[store] } }

    func keep(_ token: VaultToken, of store: String) {
        tokens.withLock { tokens in
            if tokens.count >= Self.limit { tokens.removeAll() }
            tokens[store] = token
        }
    }

    /// Only the one that did not work: another request may have brought a new one.
    func forget(_ text: String, of store: String) {
        tokens.withLock { if $0[store]?.text == text { $0[store] = nil } }
    }
}
