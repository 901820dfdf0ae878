// eq, ne, lt, le, gt, ge: only values of one kind compare.
extension FunctionTable {
    mutating func addComparisons() {
        add("eq", [.value], variadic: .value) { call throws(FunctionFailure) in
            .bool(try Comparison.equal(call[0], Array(call.arguments.dropFirst())))
        }
        add("ne", [.value, .value]) { call throws(FunctionFailure) in .bool(!(try Comparison.equal(call[0], [call[1]]))) }
        add("lt", [.value, .value]) { call throws(FunctionFailure) in .bool(try Comparison.less(call[0], call[1])) }
        add("le", [.value, .value]) { call throws(FunctionFailure) in
            .bool(try Comparison.atMost(call[0], call[1]))
        }
        add("gt", [.value, .value]) { call throws(FunctionFailure) in
            .bool(!(try Comparison.atMost(call[0], call[1])))
        }
        add("ge", [.value, .value]) { call throws(FunctionFailure) in .bool(!(try Comparison.less(call[0], call[1]))) }
    }
}

enum Comparison {
    /// Whether the first value equals any of the others.
    static func equal(_ first: TemplateValue, _ others: [TemplateValue]) throws(FunctionFailure) -> Bool {
        if others.isEmpty { throw FunctionFailure("missing argument for comparison") }
        let first = first.unwrapped
        for other in others.map(\.unwrapped) where try equal(first, other) { return true }
        return false
    }

    private static func equal(_ left: TemplateValue, _ right: TemplateValue) throws(FunctionFailure) -> Bool {
        switch (left, right) {
        case (.bool(let left), .bool(let right)): return left == right
        case (.int(let left, _), .int(let right, _)): return left == right
        case (.float(let left), .float(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        case (.missing, .missing): return true
        case (.missing, .list(let list)), (.list(let list), .missing): return list.isNil
        case (.missing, .dict(let map)), (.dict(let map), .missing): return map.isNil
        case (.missing, _), (_, .missing): return false
        case (.object(let left), .object(let right)) where left.typeName == right.typeName: return left.isEqual(to: right)
        default: return try compareContainers(left, right)
        }
    }

    /// What is no number, text or bool: nil ones are equal, others compare with nothing.
    private static func compareContainers(_ left: TemplateValue, _ right: TemplateValue) throws(FunctionFailure) -> Bool {
        guard left.isContainer, right.isContainer else {
            throw FunctionFailure("incompatible types for comparison: \(left.typeName) and \(right.typeName)")
        }
        func shown(_ value: TemplateValue, _ verb: String = "%s") -> String {
            GoText.text(GoFormatter.sprintf(Array(verb.utf8), [value]))
        }
        if left.kindName != right.kindName {
            throw FunctionFailure(
                "non-comparable types \(shown(left)): \(left.typeName), \(right.typeName): \(shown(right, "%v"))")
        }
        if left.isNilContainer || right.isNilContainer { return left.isNilContainer == right.isNilContainer }
        throw FunctionFailure("non-comparable type \(shown(right)): \(right.typeName)")
    }

    static func less(_ left: TemplateValue, _ right: TemplateValue) throws(FunctionFailure) -> Bool {
        switch (left, right) {
        case (.int(let left, _), .int(let right, _)): return left < right
        case (.float(let left), .float(let right)): return left < right
        case (.string(let left), .string(let right)): return left.lexicographicallyPrecedes(right)
        case (.object(is ComplexNumber), .object(is ComplexNumber)): throw FunctionFailure("invalid type for comparison")
        case (.object(is ComplexNumber), .int), (.object(is ComplexNumber), .float), (.object(is ComplexNumber), .string),
            (.object(is ComplexNumber), .bool), (.int, .object(is ComplexNumber)), (.float, .object(is ComplexNumber)),
            (.string, .object(is ComplexNumber)), (.bool, .object(is ComplexNumber)), (.int, .float), (.float, .int),
            (.int, .string), (.string, .int), (.float, .string), (.string, .float),
            (.bool, .int), (.int, .bool), (.bool, .float), (.float, .bool), (.bool, .string), (.string, .bool):
            throw FunctionFailure("incompatible types for comparison: \(left.typeName) and \(right.typeName)")
        default:
            throw FunctionFailure("invalid type for comparison")
        }
    }

    static func atMost(_ left: TemplateValue, _ right: TemplateValue) throws(FunctionFailure) -> Bool {
        if try less(left, right) { return true }
        return try equal(left, [right])
    }

    /// `reflect.DeepEqual`: the types must be the same too.
    static func deepEqual(_ left: TemplateValue, _ right: TemplateValue) -> Bool {
        switch (left, right) {
        case (.missing, .missing), (.null, .null), (.missing, .null), (.null, .missing): return true
        case (.bool(let left), .bool(let right)): return left == right
        case (.int(let left, let leftType), .int(let right, let rightType)): return left == right && leftType == rightType
        case (.float(let left), .float(let right)): return left == right
        case (.string(let left), .string(let right)): return left == right
        case (.object(let left), .object(let right)): return left.isEqual(to: right)
        case (.list(let left), .list(let right)):
            return left.element == right.element && left.isNil == right.isNil && left.elements.count == right.elements.count
                && zip(left.elements, right.elements).allSatisfy(deepEqual)
        case (.dict(let left), .dict(let right)):
            return left.holdsStrings == right.holdsStrings && left.isNil == right.isNil
                && left.members.count == right.members.count
                && left.members.allSatisfy { key, value in right.members[key].map { deepEqual(value, $0) } ?? false }
        default: return false
        }
    }
}

extension TemplateValue {
    fileprivate var isContainer: Bool {
        switch self {
        case .list, .dict: true
        case .object(let object): !(object is ComplexNumber) && !(object is GoNamedNumber)
        default: false
        }
    }

    fileprivate var isNilContainer: Bool {
        switch self {
        case .list(let list): list.isNil
        case .dict(let map): map.isNil
        default: false
        }
    }
}
