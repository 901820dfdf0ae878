// Sprig: defaults and flow.
extension FunctionTable {
    mutating func addDefaults() {
        add("default", [.any], variadic: .any) { call in
            let given = call.arguments.count > 1 ? call[1] : .missing
            return given.isTrue ? given : call[0]
        }
        add("empty", [.any]) { .bool(!$0[0].isTrue) }
        add("coalesce", variadic: .any) { call in call.arguments.first { $0.isTrue } ?? .null }
        add("all", variadic: .any) { call in .bool(call.arguments.allSatisfy { $0.isTrue }) }
        add("any", variadic: .any) { call in .bool(call.arguments.contains { $0.isTrue }) }
        add("ternary", [.any, .any, .bool]) { $0.bool(2) ? $0[0] : $0[1] }
        add("fail", [.string]) { call throws(FunctionFailure) in throw FunctionFailure(call.text(0)) }
        add("hello") { _ in .string("Hello!") }
    }
}
