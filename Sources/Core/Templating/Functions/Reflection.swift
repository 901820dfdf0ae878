// Sprig: types.
extension FunctionTable {
    mutating func addReflection() {
        add("typeOf", [.any]) { .string($0[0].typeName) }
        add("typeIs", [.string, .any]) { .bool($0.text(0) == $0[1].typeName) }
        add("typeIsLike", [.string, .any]) { call in
            let name = call.text(0)
            return .bool(name == call[1].typeName || "*" + name == call[1].typeName)
        }
        add("kindOf", [.any]) { .string($0[0].kindName) }
        add("kindIs", [.string, .any]) { .bool($0.text(0) == $0[1].kindName) }
        add("deepEqual", [.any, .any]) { .bool(Comparison.deepEqual($0[0], $0[1])) }
    }
}
