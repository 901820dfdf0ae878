/// The variables that are in scope at a place of a template, with their `$`; asked for each time that one is named.
struct VariableScope {
    private(set) var names = ["$"]
    private var counts = ["$": 1]

    var count: Int { names.count }

    func contains(_ name: String) -> Bool { counts[name] != nil }

    mutating func append(_ name: String) {
        names.append(name)
        counts[name, default: 0] += 1
    }

    /// Drops what was declared since there were `count` of them.
    mutating func cut(to count: Int) {
        while names.count > count {
            let name = names.removeLast(), rest = (counts[name] ?? 1) - 1
            counts[name] = rest > 0 ? rest : nil
        }
    }
}
