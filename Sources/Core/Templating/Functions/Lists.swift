// Sprig: lists.
extension FunctionTable {
    mutating func addLists() {
        add("list", variadic: .any) { call throws(FunctionFailure) in try call.built(.list(call.arguments)) }
        alias("tuple", "list")
        addEnds()
        add("append", [.any, .any]) { call throws(FunctionFailure) in
            try call.built(.list(try call.elements(0, "push") + [call[1]]))
        }
        add("prepend", [.any, .any]) { call throws(FunctionFailure) in
            try call.built(.list([call[1]] + (try call.elements(0, "prepend"))))
        }
        add("concat", variadic: .any) { call throws(FunctionFailure) in
            var all: [TemplateValue] = []
            for value in call.arguments {
                if value.isNothing { throw FunctionFailure("runtime error: invalid memory address or nil pointer dereference") }
                guard case .list(let list) = value else {
                    throw FunctionFailure("Cannot concat type \(value.kindName) as list")
                }
                all += list.elements
            }
            return all.isEmpty ? .nilList : try call.built(.list(all))
        }
        addSelections()
        for name in [
            "append", "prepend", "first", "rest", "last", "initial", "reverse", "uniq", "without", "has", "compact",
            "chunk",
        ] {
            alias("must" + name.prefix(1).uppercased() + name.dropFirst(), name)
        }
        alias("push", "append")
        alias("mustPush", "append")
    }

    private mutating func addSelections() {
        add("reverse", [.any]) { call throws(FunctionFailure) in
            try call.built(.list(try call.elements(0, "find reverse").reversed()))
        }
        add("compact", [.any]) { call throws(FunctionFailure) in
            try call.built(.list(try call.elements(0, "compact").filter { $0.isTrue }))
        }
        add("uniq", [.any]) { call throws(FunctionFailure) in
            var unique: [TemplateValue] = []
            for element in try call.elements(0, "find uniq") where try !Self.has(element, in: unique, call) {
                unique.append(element)
            }
            return try call.built(.list(unique))
        }
        add("without", [.any], variadic: .any) { call throws(FunctionFailure) in
            let omitted = Array(call.arguments.dropFirst())
            var kept: [TemplateValue] = []
            for element in try call.elements(0, "find without") where try !Self.has(element, in: omitted, call) {
                kept.append(element)
            }
            return try call.built(.list(kept))
        }
        add("has", [.any, .any]) { call throws(FunctionFailure) in
            if call[1].isNothing { return .bool(false) }
            return .bool(try Self.has(call[0], in: try call.elements(1, "find has"), call))
        }
        add("slice", [.any], variadic: .any) { call throws(FunctionFailure) in
            // Sprig's `slice` hides Go's; Go's is kept for text, where Sprig's has no meaning.
            if case .string(let text) = call[0] { return try Self.slice(of: text, Array(call.arguments.dropFirst())) }
            return try Self.slice(call)
        }
        add("mustSlice", [.any], variadic: .any) { call throws(FunctionFailure) in try Self.slice(call) }
        add("chunk", [.int, .any]) { call throws(FunctionFailure) in
            let size = call.int(0), elements = try call.elements(1, "chunk", preposition: "")
            // Go counts in floats: a negative size gives no chunks, or as many as cannot be made.
            let quotient = (Double(elements.count - 1) / Double(size)).rounded(.down) + 1
            guard quotient.isFinite, quotient >= 0, quotient == 0 || size > 0 || elements.count == 1 && size < -1 else {
                throw FunctionFailure("runtime error: makeslice: len out of range")
            }
            if size < 0 {
                return try call.built(.list(GoList(elements: quotient == 0 ? [] : [.list(elements)], element: .list)))
            }
            let chunks = stride(from: 0, to: elements.count, by: size).map { start in
                TemplateValue.list(Array(elements[start..<min(start + size, elements.count)]))
            }
            return try call.built(.list(GoList(elements: chunks, element: .list)))
        }
    }

    private mutating func addEnds() {
        add("first", [.any]) { call throws(FunctionFailure) in try call.elements(0, "find first").first ?? .null }
        add("last", [.any]) { call throws(FunctionFailure) in try call.elements(0, "find last").last ?? .null }
        add("rest", [.any]) { call throws(FunctionFailure) in
            let elements = try call.elements(0, "find rest")
            return elements.isEmpty ? .nilList : try call.built(.list(Array(elements.dropFirst())))
        }
        add("initial", [.any]) { call throws(FunctionFailure) in
            let elements = try call.elements(0, "find initial")
            return elements.isEmpty ? .nilList : try call.built(.list(Array(elements.dropLast())))
        }
    }

    private static func has(_ value: TemplateValue, in list: [TemplateValue], _ call: FunctionCall) throws(FunctionFailure)
        -> Bool
    {
        try call.state.spend(list.count / 8)
        return list.contains { Comparison.deepEqual(value, $0) }
    }

    private static func slice(of text: GoString, _ indexes: [TemplateValue]) throws(FunctionFailure) -> TemplateValue {
        if indexes.count > 3 { throw FunctionFailure("too many slice indexes: \(indexes.count)") }
        if indexes.count > 2 { throw FunctionFailure("cannot 3-index slice a string") }
        let start = indexes.isEmpty ? 0 : try slicePosition(indexes[0], limit: text.count)
        let end = indexes.count > 1 ? try slicePosition(indexes[1], limit: text.count) : text.count
        if start > end { throw FunctionFailure("invalid slice index: \(start) > \(end)") }
        return .string(Array(text[start..<end]))
    }

    private static func slice(_ call: FunctionCall) throws(FunctionFailure) -> TemplateValue {
        if call[0].isNothing { throw FunctionFailure("runtime error: invalid memory address or nil pointer dereference") }
        guard case .list(var list) = call[0] else {
            throw FunctionFailure("list should be type of slice or array but \(call[0].kindName)")
        }
        if list.elements.isEmpty { return .null }
        let count = list.elements.count
        let indexes = call.arguments.dropFirst()
        let start = Int(indexes.first.map(Numbers.integer) ?? 0)
        let end = indexes.count > 1 ? Int(Numbers.integer(call[2])) : count
        guard start >= 0, start <= end, end <= count else {
            throw FunctionFailure("reflect.Value.Slice: slice index out of bounds")
        }
        list.elements = Array(list.elements[start..<end])
        return .list(list)
    }
}
