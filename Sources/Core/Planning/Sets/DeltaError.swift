import PlatformModel

/// Why a delta cannot be applied to a set: every problem at once.
///
/// | code | meaning |
/// |---|---|
/// | DELTA-101 | an update of a workload that the set does not have |
/// | DELTA-102 | an operation that does not apply |
/// | DELTA-103 | a result that is no workload, or no resource request |
/// | DELTA-104 | a place that the delta and the set that it is rebased onto both changed |
/// | DELTA-105 | a workload to promote that neither set has |
package struct DeltaError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Never empty.
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
