/// What the operations of one patch may make. Without it a few short `copy` double a document until the memory ends, or nest it until
/// nothing can walk it any more.
struct PatchBudget {
    /// Half of what `JSON.parse` reads, so that a patched document can stand inside another one.
    static let depth = 256
    /// Values, and bytes of names and texts, that all operations together may put somewhere.
    static let size = 16 << 20

    private var left = PatchBudget.size

    /// Counts a value that is put at a place.
    mutating func spend(_ value: JSON, at path: JSONPointer) throws(EditError) {
        try spend(value, depth: path.tokens.count)
    }

    private mutating func spend(_ value: JSON, depth: Int) throws(EditError) {
        guard depth <= Self.depth else { throw EditError("the document would nest deeper than \(Self.depth)") }
        switch value {
        case .null, .bool, .int, .double: try take(1)
        case .string(let text): try take(1 + text.utf8.count)
        case .array(let elements):
            try take(1)
            for element in elements { try spend(element, depth: depth + 1) }
        case .object(let members):
            try take(1)
            for (name, member) in members {
                try take(name.utf8.count)
                try spend(member, depth: depth + 1)
            }
        }
    }

    private mutating func take(_ count: Int) throws(EditError) {
        left -= count
        guard left >= 0 else { throw EditError("the operations would make more than \(Self.size >> 20) MiB") }
    }
}
