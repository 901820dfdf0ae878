import PlatformModel

/// Why there is no graph, no plan or no resolved document: every problem at once, each with its code (`PLAN-1xx`, `MATCH-2xx`).
///
/// | code | meaning |
/// |---|---|
/// | PLAN-101 | a placeholder that cannot be read |
/// | PLAN-102 | a placeholder that names nothing known |
/// | PLAN-103 | one resource asked for twice, with different params |
/// | PLAN-104 | resources that depend on each other in a circle |
/// | PLAN-105 | a resource type that does not exist |
/// | PLAN-106 | a reference or a `provision` key that cannot be read |
/// | PLAN-107 | an output that its resource does not have |
/// | PLAN-108 | a secret where it cannot stand |
/// | PLAN-109 | a graph beyond the limit |
/// | PLAN-112 | a repair that needs more than a repair |
/// | MATCH-201 | no definition for the type and class |
/// | MATCH-202 | definitions for the type and class, but none for this place |
package struct PlanningError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Never empty.
    package let problems: [Problem]

    package init(_ problems: [Problem]) { self.problems = problems }

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}
