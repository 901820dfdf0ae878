import PlatformModel

/// The type of a parameter: Go refuses an argument of another.
enum ParameterType {
    /// `interface{}`.
    case any
    /// `reflect.Value`: as `any`, and tells no value from nil.
    case value
    case string, int, float, bool, dict, list
    /// An object of this type.
    case object(String)

    static let time = ParameterType.object(GoTime.typeName)

    var name: String {
        switch self {
        case .any: "interface {}"
        case .value: "reflect.Value"
        case .string: "string"
        case .int: "int"
        case .float: "float64"
        case .bool: "bool"
        case .dict: "map[string]interface {}"
        case .list: "[]interface {}"
        case .object(let type): type
        }
    }
}

/// A function that templates can call.
struct TemplateFunction: Sendable {
    typealias Body = @Sendable (FunctionCall) throws(FunctionFailure) -> TemplateValue

    let parameters: [ParameterType]
    let variadic: ParameterType?
    let body: Body

    func type(at index: Int) -> ParameterType { index < parameters.count ? parameters[index] : variadic ?? .any }
}

/// One call: the arguments have the types that the function declares.
struct FunctionCall {
    let arguments: [TemplateValue]
    let state: RenderState

    subscript(index: Int) -> TemplateValue { index < arguments.count ? arguments[index] : .missing }

    func string(_ index: Int) -> GoString { if case .string(let text) = self[index] { text } else { [] } }
    func text(_ index: Int) -> String { GoText.text(string(index)) }
    func int(_ index: Int) -> Int { if case .int(let value, _) = self[index] { Int(value) } else { 0 } }
    func float(_ index: Int) -> Double { if case .float(let value) = self[index] { value } else { 0 } }
    func bool(_ index: Int) -> Bool { if case .bool(let value) = self[index] { value } else { false } }
    func dict(_ index: Int) -> GoMap { if case .dict(let map) = self[index] { map } else { GoMap(isNil: true) } }

    func list(_ index: Int) -> [TemplateValue] { if case .list(let list) = self[index] { list.elements } else { [] } }
    func time(_ index: Int) -> GoTime {
        if case .object(let object) = self[index], let time = object as? GoTime { return time }
        return .zero
    }

    /// A slice's elements.
    /// - Parameter verb: what the function was about to do, for its error: `Cannot <verb> on type <kind>`.
    func elements(_ index: Int, _ verb: String, preposition: String = "on ") throws(FunctionFailure) -> [TemplateValue] {
        if self[index].isNothing { throw FunctionFailure("runtime error: invalid memory address or nil pointer dereference") }
        guard case .list(let list) = self[index] else {
            throw FunctionFailure("Cannot \(verb) \(preposition)type \(self[index].kindName)")
        }
        return list.elements
    }

    /// A value that the function built, once its size and depth are counted.
    func built(_ value: TemplateValue) throws(FunctionFailure) -> TemplateValue {
        try state.admit(value)
        return value
    }
}

/// All functions by name.
struct FunctionTable: Sendable {
    private(set) var functions: [String: TemplateFunction] = [:]

    static let standard: FunctionTable = {
        var table = FunctionTable()
        table.addBuiltins()
        table.addComparisons()
        table.addDefaults()
        table.addStrings()
        table.addCases()
        table.addLists()
        table.addDicts()
        table.addNumbers()
        table.addEncodings()
        table.addDocuments()
        table.addReflection()
        table.addPaths()
        table.addRandom()
        table.addTimes()
        table.addVersions()
        table.addRegexes()
        table.addKeys()
        return table
    }()

    /// What takes no longer for a large argument than for a small one.
    static let constantTime: Set<String> = [
        "and", "or", "not", "len", "index", "get", "hasKey", "first", "last", "empty", "default", "coalesce", "ternary", "kindOf",
        "kindIs", "typeOf", "typeIs", "list", "dict", "set",
    ]

    /// What a template must not reach, and why.
    static let refused: [String: String] = [
        "env": "a template does not see the environment of the machine that evaluates it",
        "expandenv": "a template does not see the environment of the machine that evaluates it",
        "getHostByName": "a template does not use the network",
    ]

    mutating func add(
        _ name: String, _ parameters: [ParameterType] = [], variadic: ParameterType? = nil,
        _ body: @escaping TemplateFunction.Body
    ) {
        functions[name] = TemplateFunction(parameters: parameters, variadic: variadic, body: body)
    }

    /// Another name of a function.
    mutating func alias(_ name: String, _ original: String) { functions[name] = functions[original] }
}
