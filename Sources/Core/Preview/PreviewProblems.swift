import PlatformModel
import PureDrivers

/// Why there is no preview: every problem at once. Own codes are `RENDER-1xx`: `101` a file of values, outputs or inputs that cannot be
/// read, `102` a manifest or name that would hold a secret, `103` definitions with equal criteria, `105` a driver that
/// Martlet does not have, `106` a template that reads an account, `107` outputs that their resource type does not allow.
package struct PreviewProblems: Error, Sendable, Hashable, CustomStringConvertible {
    /// Never empty.
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

extension OutputLeaks {
    /// `RENDER-102`, each.
    var problems: [Problem] {
        var problems: [Problem] = []
        if isInName {
            problems.append(
                Problem(
                    code: "RENDER-102", path: "outputs",
                    message: "the name of an output holds a secret, and names are kept in the clear; give the output another name"
                ))
        }
        return problems
            + manifests.map { manifest in
                Problem(
                    code: "RENDER-102", path: "manifests.\(manifest.index)",
                    message: "a manifest with location '\(manifest.location)' would hold a secret in the clear; "
                        + "make the value a secret output and let the workload refer to it")
            }
    }
}
