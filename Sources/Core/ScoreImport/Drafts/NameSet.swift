/// Names of which each is given out once.
struct NameSet {
    private var taken: Set<String>
    /// Stem -> the number to try next, so that a thousand equal names do not try each other's.
    private var numbers: [String: Int] = [:]

    init(reserved: Set<String> = []) { taken = reserved }

    func contains(_ name: String) -> Bool { taken.contains(name) }

    /// The first of `name`, `name-2`, `name-3`, ... that is not taken, as a label of at most 63 characters.
    mutating func take(_ name: String) -> String {
        if taken.insert(name).inserted { return name }
        var number = numbers[name] ?? 2
        while true {
            let suffix = "-\(number)"
            number += 1
            var stem = name.utf8.prefix(63 - suffix.utf8.count)
            while stem.last == UInt8(ascii: "-") { stem.removeLast() }
            let candidate = String(decoding: stem, as: UTF8.self) + suffix
            if taken.insert(candidate).inserted {
                numbers[name] = number
                return candidate
            }
        }
    }
}
