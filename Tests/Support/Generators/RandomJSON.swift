import PlatformModel

extension JSON {
    /// Any document, its member names chosen to trouble pointers.
    package static func random(depth: Int, _ random: inout SplitMix) -> JSON {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 5), using: &random) {
        case 0: return .null
        case 1: return .bool(Bool.random(using: &random))
        case 2: return .int(Int64.random(in: -9...9, using: &random))
        case 3: return .double(Double(Int.random(in: 0...9, using: &random)) + 0.5)
        case 4: return .string(["", "a", "a/b", "~1", "é\u{301}", "x y"].randomElement(using: &random) ?? "")
        case 5: return .array((0..<Int.random(in: 0...3, using: &random)).map { _ in JSON.random(depth: depth - 1, &random) })
        default:
            var members: [String: JSON] = [:]
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                let name = ["a", "b", "a/b", "~", "", "0", "-"].randomElement(using: &random) ?? ""
                members[name] = JSON.random(depth: depth - 1, &random)
            }
            return .object(members)
        }
    }

    /// Every place in this document.
    package func places(_ from: JSONPointer = JSONPointer()) -> [JSONPointer] {
        switch self {
        case .object(let members):
            [from] + members.sorted { $0.key < $1.key }.flatMap { $1.places(from.appending($0)) }
        case .array(let elements):
            [from] + elements.enumerated().flatMap { $1.places(from.appending($0)) }
        default: [from]
        }
    }
}
