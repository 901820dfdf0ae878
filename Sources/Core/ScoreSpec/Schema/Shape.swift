/// What may stand at a place of a document.
indirect enum Shape: Sendable {
    case any
    case string(StringRule?)
    case integer(ClosedRange<Int>)
    case boolean
    case choice([String])
    case list(Shape)
    /// Keys are names that the author chose; at least `minimum` of them.
    case map(key: StringRule?, value: Shape, minimum: Int = 0)
    case object(ObjectShape)
}

/// A map with known keys.
struct ObjectShape: Sendable {
    enum Choice: Sendable {
        case exactlyOne([String])
        case atLeastOne([String])
    }

    var fields: [(name: String, shape: Shape)]
    var required: [String] = []
    /// Other keys are allowed too.
    var isOpen = false
    var choice: Choice?
    /// Keys that were once valid, or belong elsewhere: what to do instead.
    var hints: [String: String] = [:]
    /// Under which key a value belongs that stands in place of the map.
    var lone: String?

    var names: [String] { fields.map(\.name) }

    func shape(of name: String) -> Shape? { fields.first { $0.name == name }?.shape }
}
