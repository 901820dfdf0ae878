/// Why the schema cannot be migrated or used; shown to operators.
package struct MigrationError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, CaseIterable {
        case badFile = "MIG-001"
        case gap = "MIG-002"
        case changed = "MIG-003"
        case newer = "MIG-004"
        case failed = "MIG-005"
        case tooOld = "MIG-006"
        case unreachable = "MIG-007"
    }

    package let kind: Kind
    package let message: String

    init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    package var code: String { kind.rawValue }
    package var description: String { "\(code): \(message)" }
}
