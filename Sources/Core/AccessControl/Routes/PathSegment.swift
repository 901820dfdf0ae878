import PlatformModel

/// One segment of a path, between two slashes (RFC 3986 section 3.3).
enum PathSegment {
    /// Percent-decoded; nil for what no id is: empty, `.`, `..`, control characters, broken escapes, bytes that are not UTF-8.
    static func decode(_ segment: Substring) -> String? {
        guard let text = PercentEncoding.decode(segment), !text.isEmpty, text != ".", text != "..",
            text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f })
        else { return nil }
        return text
    }
}
