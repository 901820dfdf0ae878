/// The groups of a person, those that these are in, and so on: what to ask for next, and when it ends.
///
/// Each group is asked about once, so a circle of groups ends; a hostile or broken directory ends at the bounds.
package struct GroupClosure: Sendable {
    package enum Failure: Error, Hashable, CustomStringConvertible {
        case noName(String)
        case tooMany(Int)
        case tooDeep(Int)

        package var description: String {
            switch self {
            case .noName(let text): "'\(text)' is no DN of a group"
            case .tooMany(let limit): "one person is in more than \(limit) groups"
            case .tooDeep(let limit): "groups are nested more than \(limit) deep"
            }
        }
    }

    private let limit: Int
    private let depth: Int
    private let batch: Int
    private var names: Set<String> = []
    /// As the directory writes them, with how far each is from the person.
    private var waiting: [(dn: String, level: Int)] = []
    private var asked = 0
    private var level = 0

    /// - Parameters:
    ///   - limit: Groups of one person.
    ///   - depth: Groups in groups in groups.
    ///   - batch: Groups that one search asks about.
    package init(limit: Int = 5000, depth: Int = 32, batch: Int = 40) {
        self.limit = limit
        self.depth = depth
        self.batch = batch
    }

    /// Normalised, sorted.
    package var groups: [String] { names.sorted() }

    /// Takes what the last search found: the groups that the person, or the groups of the last batch, are in.
    package mutating func add(_ found: [String]) throws(Failure) {
        for dn in found {
            guard let name = DistinguishedName(dn), !name.isEmpty else { throw .noName(dn) }
            guard names.insert(name.description).inserted else { continue }
            guard names.count <= limit else { throw .tooMany(limit) }
            waiting.append((dn, level + 1))
        }
    }

    /// The groups to ask about next, all of one level; empty at the end.
    package mutating func next() throws(Failure) -> [String] {
        guard asked < waiting.count else { return [] }
        level = waiting[asked].level
        guard level <= depth else { throw .tooDeep(depth) }
        let end = min(asked + batch, waiting.count)
        let part = waiting[asked..<end].prefix { $0.level == level }
        asked += part.count
        return part.map(\.dn)
    }
}
