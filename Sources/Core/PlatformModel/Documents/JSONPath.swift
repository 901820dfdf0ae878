/// Where a value stands in a JSON value. Kept as a list backwards: going down costs one allocation, and the names are only asked for by
/// errors.
indirect enum JSONPath {
    case whole
    case member(String, JSONPath)
    case element(Int, JSONPath)

    var keys: [any CodingKey] {
        switch self {
        case .whole: []
        case .member(let name, let parent): parent.keys + [Key(stringValue: name)]
        case .element(let index, let parent): parent.keys + [Key(intValue: index)]
        }
    }

    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int?

        init(stringValue: String) {
            self.stringValue = stringValue
            intValue = nil
        }

        init(intValue: Int) {
            stringValue = String(intValue)
            self.intValue = intValue
        }
    }
}
