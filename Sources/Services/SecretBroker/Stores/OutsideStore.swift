import PlatformModel
import ServiceAPI

/// A store of an organisation's own that secrets are read from. The built-in one is none of these: its secrets are read and recorded in
/// one transaction (ADR 7), and nobody names paths in it.
protocol OutsideStore: Sendable {
    /// - Parameter version: in the store's own words; nil: the newest.
    func read(_ path: OutsidePath, version: String?) async throws(OutsideFailure) -> JSON
    /// Tries one thing after the other, and ends with the first that fails.
    func check() async -> [SecretStoreCheck.Step]
    /// Keeps what signs in alive; how long until it is to be done again.
    func renew() async throws(OutsideFailure) -> Duration
}

/// Why an outside store gave nothing. The words never hold a credential.
enum OutsideFailure: Error, Sendable, Hashable {
    /// It may do so later.
    case unavailable(String)
    /// It will not, until somebody changes something.
    case refused(String)
    case missing(String)
    case cancelled

    var words: String {
        switch self {
        case .unavailable(let words), .refused(let words), .missing(let words): words
        case .cancelled: "cancelled"
        }
    }
}
