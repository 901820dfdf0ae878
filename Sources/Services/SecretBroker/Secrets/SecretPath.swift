import ServiceRuntime

/// Where a secret is kept: `orgs/{org}/...`, in one spelling only. No empty part, no `.` or `..`, no wildcard, no case
/// folding, no percent-encoding: two paths are the same when their bytes are.
struct SecretPath: Sendable, Hashable {
    static let maximumLength = 1024
    static let maximumSegments = 24

    let text: String
    let segments: [String]

    init(_ text: String) throws(HTTPFailure) {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.maximumLength, segments.count <= Self.maximumSegments else {
            throw BrokerFailure.invalid(
                "a path has at most \(Self.maximumLength) bytes and \(Self.maximumSegments) parts; this one begins '\(text.prefix(80))'"
            )
        }
        guard segments.count >= 2, segments[0] == "orgs" else {
            throw BrokerFailure.invalid("path '\(text.prefix(80))': it begins with orgs/ and an organization")
        }
        for segment in segments where !Self.accepts(segment) {
            throw BrokerFailure.invalid(
                "path '\(text.prefix(200))': '\(segment.prefix(80))' cannot be a part of it; a part is 1 to 200 letters, digits and ._-@:+~, "
                    + "and begins with a letter, a digit or _")
        }
        self.text = text
        self.segments = segments
    }

    var orgID: String { segments[1] }

    /// What comes with requests of people, and not from drivers.
    var isWrittenByPeople: Bool {
        guard segments.count >= 4 else { return false }
        return switch segments[2] {
        case "accounts", "definitions": true
        case "apps":
            segments.dropFirst(4).first == "values" || segments.count > 6 && segments[4] == "envs" && segments[6] == "values"
        default: false
        }
    }

    /// Whether the path is this one or lies under it, by whole parts.
    func isWithin(_ prefix: SecretPath) -> Bool { segments.starts(with: prefix.segments) }

    private static func accepts(_ segment: String) -> Bool {
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, UInt8(ascii: "_"): true
            default: false
            }
        }
        guard let first = segment.utf8.first, segment.utf8.count <= 200, isWord(first) else { return false }
        return segment.utf8.allSatisfy { isWord($0) || ".-@:+~".utf8.contains($0) }
    }
}
