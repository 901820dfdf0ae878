import PlatformModel

/// A Go string: bytes, which need not be UTF-8 (a cut in the middle of a letter, decoded base64).
typealias GoString = [UInt8]

/// A value as a Go template sees it.
///
/// The kinds are Go's, because templates depend on them: a number of the data is a `float64`, a number in the template an
/// `int`, what Sprig counts an `int64`; comparing two of them is an error, and each prints differently.
enum TemplateValue {
    /// No value at all (`reflect.Value{}`): a key that is absent. Prints `<no value>`.
    case missing
    /// A nil interface: a JSON null. As the result of an action it counts as missing.
    case null
    case bool(Bool)
    case int(Int64, IntegerType)
    case float(Double)
    case string(GoString)
    case list(GoList)
    case dict(GoMap)
    /// What has fields and methods of its own.
    case object(any TemplateObject)
}

/// The integer types that occur: literals and lengths are `int`, Sprig's arithmetic `int64`, `index` of a string `uint8`,
/// the parts of a version `uint64`.
enum IntegerType {
    case int, int64, uint8, uint64
}

/// A Go slice. A value: no function of Sprig changes a slice in place.
struct GoList {
    enum Element {
        case any, string, int, list
    }

    var elements: [TemplateValue]
    var element: Element = .any
    /// A nil slice: empty, and `null` in JSON.
    var isNil = false
}

/// A Go map with string keys. A reference, as in Go: `set` changes the map that every holder sees.
final class GoMap {
    private var made: [String: TemplateValue]
    /// What the members are still to be made of: of most data a template looks at little.
    private var source: [String: JSON]?
    /// `map[string]string`, what `split` returns.
    let holdsStrings: Bool
    let isNil: Bool

    init(_ members: [String: TemplateValue] = [:], holdsStrings: Bool = false, isNil: Bool = false) {
        made = members
        self.holdsStrings = holdsStrings
        self.isNil = isNil
    }

    init(json: [String: JSON]) {
        made = [:]
        source = json
        holdsStrings = false
        isNil = false
    }

    var members: [String: TemplateValue] {
        get {
            make()
            return made
        }
        _modify {
            make()
            yield &made
        }
    }

    private func make() {
        guard let json = source else { return }
        source = nil
        made = json.mapValues { TemplateValue($0) }
    }

    /// In byte order, as Go ranges over and prints a map.
    var sortedKeys: [String] { members.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }
}

extension TemplateValue {
    static func string(_ text: String) -> TemplateValue { .string(Array(text.utf8)) }
    static func int(_ value: Int) -> TemplateValue { .int(Int64(value), .int) }
    static func int64(_ value: Int64) -> TemplateValue { .int(value, .int64) }
    static func list(_ elements: [TemplateValue]) -> TemplateValue { .list(GoList(elements: elements)) }
    static func strings(_ elements: [GoString]) -> TemplateValue {
        .list(GoList(elements: elements.map { .string($0) }, element: .string))
    }
    static func dict(_ members: [String: TemplateValue]) -> TemplateValue { .dict(GoMap(members)) }
    static var nilList: TemplateValue { .list(GoList(elements: [], isNil: true)) }

    /// JSON as Go's decoder gives it: every number is a float64.
    init(_ json: JSON) {
        switch json {
        case .null: self = .null
        case .bool(let value): self = .bool(value)
        case .int(let value): self = .float(Double(value))
        case .double(let value): self = .float(value)
        case .string(let value): self = .string(value)
        case .array(let elements): self = .list(elements.map { TemplateValue($0) })
        case .object(let members): self = .dict(GoMap(json: members))
        }
    }

    /// JSON with its integers as integers: what an object says of itself.
    init(exact json: JSON) {
        switch json {
        case .int(let value): self = .int64(value)
        case .array(let elements): self = .list(elements.map { TemplateValue(exact: $0) })
        case .object(let members): self = .dict(members.mapValues { TemplateValue(exact: $0) })
        default: self = TemplateValue(json)
        }
    }

    var isNothing: Bool {
        switch self {
        case .missing, .null: true
        default: false
        }
    }

    /// What an interface holds is taken out of it: then a null is no value.
    var unwrapped: TemplateValue {
        if case .null = self { return .missing }
        return self
    }

    /// Go's `%T`.
    var typeName: String {
        switch self {
        case .missing, .null: "<nil>"
        case .bool: "bool"
        case .int(_, .int): "int"
        case .int(_, .int64): "int64"
        case .int(_, .uint8): "uint8"
        case .int(_, .uint64): "uint64"
        case .float: "float64"
        case .string: "string"
        case .list(let list):
            switch list.element {
            case .any: "[]interface {}"
            case .string: "[]string"
            case .int: "[]int"
            case .list: "[][]interface {}"
            }
        case .dict(let map): map.holdsStrings ? "map[string]string" : "map[string]interface {}"
        case .object(let object): object.typeName
        }
    }

    /// Go's `reflect.Kind`.
    var kindName: String {
        switch self {
        case .missing, .null: "invalid"
        case .list: "slice"
        case .dict: "map"
        case .object(let object): object.kindName
        default: typeName
        }
    }

    /// Whether `if` takes its first branch: not the zero value of its type.
    var isTrue: Bool {
        switch self {
        case .missing, .null: false
        case .bool(let value): value
        case .int(let value, _): value != 0
        case .float(let value): value != 0
        case .string(let value): !value.isEmpty
        case .list(let list): !list.elements.isEmpty
        case .dict(let map): !map.members.isEmpty
        case .object(let number as ComplexNumber): number.real != 0 || number.imaginary != 0
        case .object(let number as GoNamedNumber): number.number != 0
        case .object: true
        }
    }
}
