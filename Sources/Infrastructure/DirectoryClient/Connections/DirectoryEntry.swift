import DirectoryRules

/// An entry as a search returns it.
struct DirectoryEntry: Sendable {
    let dn: String
    /// By lower-case name.
    var values: [String: [[UInt8]]]

    /// About how many bytes it holds.
    var size: Int { values.reduce(dn.utf8.count) { $0 + $1.key.utf8.count + $1.value.reduce(0) { $0 + $1.count + 16 } } }

    /// The values of an attribute that are UTF-8.
    func texts(_ name: String) -> [String] {
        (values[name.lowercased()] ?? []).compactMap { String(validating: $0, as: UTF8.self) }
    }

    func text(_ name: String) -> String? { texts(name).first }

    var texts: [String: [String]] { values.mapValues { $0.compactMap { String(validating: $0, as: UTF8.self) } } }
}
