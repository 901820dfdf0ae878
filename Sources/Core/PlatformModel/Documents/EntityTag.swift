/// The `ETag` of what people edit: the same as long as it reads the same (RFC 9110, 8.8.3).
package struct EntityTag: Sendable, Hashable, CustomStringConvertible {
    /// With its quotes, as in headers.
    package let description: String

    /// - Parameter answer: What a GET answers, byte by byte.
    package init(of answer: [UInt8]) { description = "\"" + SHA256.hex(answer).prefix(32) + "\"" }

    /// Whether a change that names these in `If-Match` was made on this (RFC 9110, 13.1.1): a weak tag never is, `*` always.
    package func isAmong(_ header: String) -> Bool {
        header.split(separator: ",").contains { part in
            let tag = part.drop { $0 == " " || $0 == "\t" }
            let end = tag.lastIndex { $0 != " " && $0 != "\t" }.map { tag.index(after: $0) } ?? tag.endIndex
            return tag[..<end] == "*" || tag[..<end] == description
        }
    }
}
