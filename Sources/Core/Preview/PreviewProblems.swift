import PlatformModel

/// Why there is no preview: every problem at once. Own codes are `RENDER-1xx`: `101` a file of values, outputs or inputs that cannot be
/// read, `102` a manifest that would hold a secret, `103` definitions with equal criteria, `105` a driver that
/// Martlet does not have, `106` a template that reads an account.
package struct PreviewProblems: Error, Sendable, Hashable, CustomStringConvertible {
    /// Never empty.
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension Problem {
    /// `RENDER-102`.
    static func secret(inManifest index: Int, location: String) -> Problem {
        Problem(
            code: "RENDER-102", path: "manifests.\(index)",
            message: "a manifest with location '\(location)' would hold a secret in the clear; "
                + "make the value a secret output and let the workload refer to it")
    }
}
