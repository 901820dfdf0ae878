import PlatformModel

/// Why a driver did not do it.
package struct DriverError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable, Codable {
        /// The definition or the resource's params are wrong; the same request fails again.
        case invalidInput
        /// The request is well-formed and must not be done.
        case refused
        /// Worth the same attempt again: the system was busy or away, and nothing was changed.
        case transient
        /// Known not to have happened, or known to be undone.
        case failed
        /// Whether it happened is not known; never blindly retried.
        case unknown
    }

    /// Stable: `DRV-` and three digits, with a page under docs/errors.
    package var code: String
    /// Which thing, what is wrong with it, what to do. Never a secret.
    package var message: String
    package var kind: Kind
    /// All that is wrong with the inputs, where `kind` is `invalidInput`.
    package var problems: [Problem]

    package init(code: String, message: String, kind: Kind, problems: [Problem] = []) {
        self.code = code
        self.message = message
        self.kind = kind
        self.problems = problems
    }

    /// The error for inputs that `check` found wrong: one message that holds all of them.
    package init(code: String, problems: [Problem]) {
        self.init(
            code: code, message: problems.map(\.description).joined(separator: "\n"), kind: .invalidInput, problems: problems)
    }

    package var description: String { "\(code) \(message)" }
}
