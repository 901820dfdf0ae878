import ServiceAPI
import ServiceRuntime

/// A reference's path in an outside store: `apps/shop/database#password`. In one spelling only: what is checked is what is asked for.
struct OutsidePath: Sendable, Hashable {
    static let maximumLength = 1024
    static let maximumSegments = 32

    let segments: [String]
    /// The member of the secret; nil: its `value`, or all of it.
    let field: String?

    var text: String { segments.joined(separator: "/") }

    /// - Throws: why it is none, in words.
    init(_ text: String) throws(OutsidePathError) {
        let parts = text.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard text.utf8.count <= Self.maximumLength else {
            throw OutsidePathError("it has more than \(Self.maximumLength) bytes")
        }
        field = parts.count == 2 ? parts[1] : nil
        if let field, field.isEmpty || field.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "#") }) {
            throw OutsidePathError("behind '#' stands the name of one member of the secret")
        }
        segments = try Self.segments(parts[0])
    }

    /// The parts between slashes.
    static func segments(_ text: String) throws(OutsidePathError) -> [String] {
        let segments = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard segments.count <= maximumSegments else { throw OutsidePathError("it has more than \(maximumSegments) parts") }
        for segment in segments where !accepts(segment) {
            throw OutsidePathError(
                "'\(segment.prefix(80))' cannot be a part of it: a part is letters, digits and _ . @ : + ~ = , - (no empty part, no '.', "
                    + "no '..', no wildcard, nothing percent-encoded)")
        }
        return segments
    }

    private static func accepts(_ segment: String) -> Bool {
        guard !segment.isEmpty, segment != ".", segment != ".." else { return false }
        return segment.utf8.allSatisfy { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
            default: "_.@:+~=,-".utf8.contains(byte)
            }
        }
    }
}

struct OutsidePathError: Error, Sendable, Hashable {
    let words: String
    init(_ words: String) { self.words = words }
}

/// Which paths of a store the people of an application may refer to: those that are one of its templates, or lie under it. In a template
/// `{app}`, `{env}` and `{env_type}` stand for one part each; `/` is the whole store.
struct OutsidePathRule: Sendable, Hashable {
    static let standard = ["apps/{app}"]
    static let maximumTemplates = 50

    private enum Part: Hashable {
        case literal(String)
        case app, env, envType
    }

    private let templates: [[Part]]

    /// - Throws: which template is none, and why.
    init(_ texts: [String]) throws(OutsidePathError) {
        guard texts.count <= Self.maximumTemplates else { throw OutsidePathError("at most \(Self.maximumTemplates) templates") }
        var templates: [[Part]] = []
        for text in texts { templates.append(try Self.template(text)) }
        self.templates = templates
    }

    /// - Parameter place: where it is used; what it leaves open (any environment) is decided when a secret is read.
    func allows(_ path: OutsidePath, at place: SecretPlace) -> Bool {
        templates.contains { template in
            guard path.segments.count >= template.count else { return false }
            return zip(template, path.segments).allSatisfy { part, segment in
                switch part {
                case .literal(let text): segment == text
                case .app: segment == place.appID
                case .env: place.envID.map { $0 == segment } ?? true
                case .envType: place.envType.map { $0 == segment } ?? true
                }
            }
        }
    }

    private static func template(_ text: String) throws(OutsidePathError) -> [Part] {
        if text == "/" { return [] }
        var parts: [Part] = []
        for segment in text.split(separator: "/", omittingEmptySubsequences: false).map(String.init) {
            switch segment {
            case "{app}": parts.append(.app)
            case "{env}": parts.append(.env)
            case "{env_type}": parts.append(.envType)
            default:
                do throws(OutsidePathError) { parts.append(.literal(try OutsidePath.segments(segment)[0])) } catch {
                    throw OutsidePathError(
                        "'\(text.prefix(200))': \(error.words); {app}, {env} and {env_type} stand for whole parts")
                }
            }
        }
        return parts
    }
}
