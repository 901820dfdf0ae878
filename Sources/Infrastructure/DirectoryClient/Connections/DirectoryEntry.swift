import DirectoryRules

/// An entry as a search returns it.
struct DirectoryEntry: Sendable {
    let dn: String
    /// By lower-case name.
    var values: [String: [[UInt8]]]

    /// The values of an attribute that are UTF-8.
    func texts(_ name: String) -> [String] {
        (values[name.lowercased()] ?? []).compactMap { String(validating: $0, as: UTF8.self) }
    }

    func text(_ name: String) -> String? { texts(name).first }

    var texts: [String: [String]] { values.mapValues { $0.compactMap { String(validating: $0, as: UTF8.self) } } }
}
