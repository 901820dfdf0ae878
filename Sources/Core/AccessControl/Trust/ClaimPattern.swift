/// What a claim must be: this text; or one in which each `*` stands for one or more characters that are neither `/` nor `:`, so that it never
/// reaches into the next part of a path or subject.
package struct ClaimPattern: Sendable, Hashable {
    package let text: String

    /// Nil for an empty text, one that is all stars, and one with control characters.
    package init?(_ text: String) {
        guard (1...1024).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }),
            text.contains(where: { $0 != "*" }), !text.contains("**")
        else { return nil }
        self.text = text
    }

    package var isExact: Bool { !text.utf8.contains(UInt8(ascii: "*")) }

    package func matches(_ value: String) -> Bool {
        guard !isExact else { return Array(value.utf8) == Array(text.utf8) }
        guard value.utf8.count <= 1024 else { return false }
        let pattern = Array(text.utf8), value = Array(value.utf8)
        // Where in the pattern one can be, for each beginning of the value. `places[i]`: all before i is matched; at a star: it has had one
        // character at least once `inside[i]` holds.
        var places = [Bool](repeating: false, count: pattern.count + 1), inside = places
        places[0] = true
        for byte in value {
            var next = [Bool](repeating: false, count: pattern.count + 1), nextInside = next
            for (index, wanted) in pattern.enumerated() {
                if wanted == UInt8(ascii: "*") {
                    guard places[index] || inside[index], byte != UInt8(ascii: "/"), byte != UInt8(ascii: ":") else { continue }
                    nextInside[index] = true
                    next[index + 1] = true
                } else if places[index], wanted == byte {
                    next[index + 1] = true
                }
            }
            (places, inside) = (next, nextInside)
        }
        return places[pattern.count]
    }
}
