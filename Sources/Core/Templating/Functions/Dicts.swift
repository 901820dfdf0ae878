// Sprig: dictionaries.
extension FunctionTable {
    mutating func addDicts() {
        add("dict", variadic: .any) { call throws(FunctionFailure) in
            var members: [String: TemplateValue] = [:]
            for index in stride(from: 0, to: call.arguments.count, by: 2) {
                let value = index + 1 < call.arguments.count ? call[index + 1] : .string("")
                members[GoText.text(GoPrinter.text(call[index]))] = value.asMember
            }
            return try call.built(.dict(members))
        }
        add("get", [.dict, .string]) { $0.dict(0).members[$0.text(1)] ?? .string("") }
        add("set", [.dict, .string, .any]) { call throws(FunctionFailure) in
            let map = call.dict(0)
            if map.isNil { throw FunctionFailure("assignment to entry in nil map") }
            try Self.refuseCycle(call[2], holding: map, call)
            map.members[call.text(1)] = call[2].asMember
            return try call.built(.dict(map))
        }
        add("unset", [.dict, .string]) { call in
            call.dict(0).members[call.text(1)] = nil
            return call[0]
        }
        add("hasKey", [.dict, .string]) { .bool($0.dict(0).members[$0.text(1)] != nil) }
        add("pluck", [.string], variadic: .dict) { call throws(FunctionFailure) in
            let maps = call.arguments.indices.dropFirst().map { call.dict($0) }
            return try call.built(.list(maps.compactMap { $0.members[call.text(0)] }))
        }
        // Go's order is random here; ours is the sorted one.
        add("keys", variadic: .dict) { call throws(FunctionFailure) in
            let keys = call.arguments.indices.flatMap { call.dict($0).sortedKeys }
            return try call.built(.strings(keys.map { Array($0.utf8) }))
        }
        add("values", [.dict]) { call throws(FunctionFailure) in
            let map = call.dict(0)
            return try call.built(.list(map.sortedKeys.map { map.members[$0] ?? .null }))
        }
        add("pick", [.dict], variadic: .string) { call throws(FunctionFailure) in
            let names = Set(call.arguments.indices.dropFirst().map { call.text($0) })
            return try call.built(.dict(call.dict(0).members.filter { names.contains($0.key) }))
        }
        add("omit", [.dict], variadic: .string) { call throws(FunctionFailure) in
            let names = Set(call.arguments.indices.dropFirst().map { call.text($0) })
            return try call.built(.dict(call.dict(0).members.filter { !names.contains($0.key) }))
        }
        add("dig", variadic: .any) { call throws(FunctionFailure) in try Self.dig(call) }
        add("merge", [.dict], variadic: .dict) { call throws(FunctionFailure) in try Self.merge(call, overwrites: false) }
        add("mergeOverwrite", [.dict], variadic: .dict) { call throws(FunctionFailure) in try Self.merge(call, overwrites: true) }
        alias("mustMerge", "merge")
        alias("mustMergeOverwrite", "mergeOverwrite")
        add("deepCopy", [.any]) { call throws(FunctionFailure) in
            if call[0].isNothing { throw FunctionFailure("reflect: call of reflect.Value.Type on zero Value") }
            return try call.built(Self.copy(call[0]))
        }
        alias("mustDeepCopy", "deepCopy")
    }

    /// A dict that holds itself could be neither printed nor freed.
    private static func refuseCycle(
        _ value: TemplateValue, holding map: GoMap, _ call: FunctionCall
    ) throws(FunctionFailure) {
        try call.state.spend()
        switch value {
        case .dict(let inner):
            if inner === map { throw FunctionFailure("a dict cannot hold itself") }
            for member in inner.members.values { try refuseCycle(member, holding: map, call) }
        case .list(let list):
            for element in list.elements { try refuseCycle(element, holding: map, call) }
        default: break
        }
    }

    private static func dig(_ call: FunctionCall) throws(FunctionFailure) -> TemplateValue {
        guard call.arguments.count >= 3 else { throw FunctionFailure("dig needs at least three arguments") }
        let path = call.arguments.dropLast(2), fallback = call[call.arguments.count - 2]
        for key in path {
            if case .string = key { continue }
            guard case .dict(let map) = call[call.arguments.count - 1], !map.holdsStrings else { break }
            throw FunctionFailure(
                "interface conversion: interface {} is \(key.isNothing ? "nil" : key.typeName), not string")
        }
        var value = call[call.arguments.count - 1]
        for key in path {
            guard case .dict(let map) = value, !map.holdsStrings else {
                let type = value.isNothing ? "nil" : value.typeName
                throw FunctionFailure("interface conversion: interface {} is \(type), not map[string]interface {}")
            }
            guard case .string(let name) = key else {
                throw FunctionFailure("interface conversion: interface {} is \(key.typeName), not string")
            }
            guard let next = map.members[GoText.text(name)] else { return fallback }
            value = next
        }
        return value
    }

    private static func merge(_ call: FunctionCall, overwrites: Bool) throws(FunctionFailure) -> TemplateValue {
        var target = call.dict(0)
        if target.isNil, call.arguments.indices.dropFirst().contains(where: { !call.dict($0).isNil }) { target = GoMap() }
        for index in call.arguments.indices.dropFirst() {
            try refuseCycle(.dict(GoMap(call.dict(index).members)), holding: target, call)
            try merge(call.dict(index), into: target, overwrites: overwrites, call, depth: 0)
        }
        return try call.built(.dict(target))
    }

    /// Fills what the target lacks or has empty; dicts merge, all else is replaced as a whole.
    private static func merge(
        _ source: GoMap, into target: GoMap, overwrites: Bool, _ call: FunctionCall, depth: Int
    ) throws(FunctionFailure) {
        if source === target { return }
        if depth > call.state.environment.limits.depth { throw FunctionFailure(limit: "the dicts nest too deeply") }
        for key in source.sortedKeys {
            try call.state.spend()
            guard let value = source.members[key] else { continue }
            let present = target.members[key]
            switch value {
            case .missing, .null:
                if overwrites { target.members[key] = .null }
            case .dict(let inner):
                if let present, case .dict(let existing) = present, !existing.isNil, !inner.members.isEmpty {
                    if existing === inner { continue }
                    try refuseCycle(value, holding: existing, call)
                    try merge(inner, into: existing, overwrites: overwrites, call, depth: depth + 1)
                } else if !(present?.isTrue ?? false) {
                    // mergo leaves another value in the place of a dict even where it overwrites.
                    target.members[key] = value
                }
            default:
                if overwrites || !(present?.isTrue ?? false) { target.members[key] = value }
            }
        }
    }

    private static func copy(_ value: TemplateValue) -> TemplateValue {
        switch value {
        case .list(var list):
            list.elements = list.elements.map(copy)
            return .list(list)
        case .dict(let map): return .dict(GoMap(map.members.mapValues(copy), holdsStrings: map.holdsStrings, isNil: map.isNil))
        // Go's copy leaves out what is private in a version: its numbers.
        case .object(is SemanticVersion): return .object(SemanticVersion(numbers: [0, 0, 0], original: ""))
        default: return value
        }
    }
}

extension TemplateValue {
    /// In a container no value is nil.
    fileprivate var asMember: TemplateValue {
        if case .missing = self { return .null }
        return self
    }
}
