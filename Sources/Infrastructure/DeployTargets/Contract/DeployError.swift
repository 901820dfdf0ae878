import PlatformModel

/// Why a target did not do what was asked.
package struct DeployError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable, Codable {
        /// The objects ask for something that this target does not do: `problems` names each. Nothing was touched.
        case refused
        /// The workload does not run: an image that is missing, a crash, a probe that never passes. Older replicas still run.
        case failed
        /// Not available within the bundle's timeout. Older replicas still run.
        case timedOut
        /// The target itself could not be reached or answered with an error: worth another try.
        case transient
    }

    /// Stable: `DEP-nnn`.
    package var code: String
    package var kind: Kind
    /// Which thing, what is wrong, what to do.
    package var message: String
    package var problems: [Problem]
    /// The last lines that the failed container wrote. They may hold secrets: mask them by value before showing or storing.
    package var lastLines: [String]

    package init(code: String, kind: Kind, message: String, problems: [Problem] = [], lastLines: [String] = []) {
        self.code = code
        self.kind = kind
        self.message = message
        self.problems = problems
        self.lastLines = lastLines
    }

    package var description: String {
        "\(code) \(message)" + problems.map { "\n  \($0)" }.joined()
    }
}
