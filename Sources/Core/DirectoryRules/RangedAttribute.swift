/// A part of an attribute's values (MS-ADTS 3.1.1.3.1.3.3): Active Directory gives no more than 1,500 at a time, as `member;range=0-1499`.
package struct RangedAttribute: Sendable, Hashable {
    /// Without the range.
    package let name: String
    /// What to ask for next; nil behind the last part.
    package let next: String?

    /// nil when the description names no range.
    package init?(_ description: String) {
        let parts = description.split(separator: ";", omittingEmptySubsequences: false).map(String.init)
        guard let option = parts.dropFirst().first(where: { $0.lowercased().hasPrefix("range=") }) else { return nil }
        let bounds = option.dropFirst(6).split(separator: "-", omittingEmptySubsequences: false)
        guard bounds.count == 2, let low = Int(bounds[0]), low >= 0 else { return nil }
        name = ([parts[0]] + parts.dropFirst().filter { $0 != option }).joined(separator: ";")
        if bounds[1] == "*" {
            next = nil
        } else {
            // A server that goes back would be asked for ever.
            guard let high = Int(bounds[1]), high >= low, high < Int.max else { return nil }
            next = "\(name);range=\(high + 1)-*"
        }
    }
}
