/// A place in a JSON document (RFC 6901): `/spec/containers/0/image`, the empty text for the whole.
package struct JSONPointer: Sendable, Hashable, CustomStringConvertible {
    /// The reference tokens, unescaped: member names, element numbers or `-`.
    package var tokens: [String]

    package init(tokens: [String] = []) { self.tokens = tokens }

    /// Reads the text form; the error says what is wrong with it.
    package init(_ text: String) throws(PointerError) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { throw PointerError("'\(text)' does not start with '/'") }
        var tokens: [String] = []
        // By bytes: a combining mark after a '/' would make one Character of both.
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = Self.unescape(part) else {
                throw PointerError("'\(text)' has a '~' that is neither '~0' (for '~') nor '~1' (for '/')")
            }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    package var description: String {
        var out = ""
        for token in tokens { out += "/" + Self.escape(token) }
        return out
    }

    /// The place one step further in.
    package func appending(_ token: String) -> JSONPointer { JSONPointer(tokens: tokens + [token]) }

    package func appending(_ index: Int) -> JSONPointer { appending(String(index)) }

    /// Whether `other` is this place or lies within it.
    package func contains(_ other: JSONPointer) -> Bool { other.tokens.starts(with: tokens) }

    /// A token as it is written in a pointer's text.
    package static func escape(_ token: String) -> String {
        guard token.utf8.contains(where: { $0 == UInt8(ascii: "~") || $0 == UInt8(ascii: "/") }) else { return token }
        var out: [UInt8] = []
        for byte in token.utf8 {
            switch byte {
            case UInt8(ascii: "~"): out += Array("~0".utf8)
            case UInt8(ascii: "/"): out += Array("~1".utf8)
            default: out.append(byte)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    private static func unescape(_ part: Substring.UTF8View.SubSequence) -> String? {
        guard part.contains(UInt8(ascii: "~")) else { return String(decoding: part, as: UTF8.self) }
        var out: [UInt8] = []
        var bytes = part.makeIterator()
        while let byte = bytes.next() {
            guard byte == UInt8(ascii: "~") else {
                out.append(byte)
                continue
            }
            switch bytes.next() {
            case UInt8(ascii: "0"): out.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): out.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(decoding: out, as: UTF8.self)
    }

    /// The element that a token names in an array of `count`: digits without a leading zero (RFC 6901 section 4).
    static func index(_ token: String, count: Int) -> Int? {
        let bytes = token.utf8
        guard let first = bytes.first, bytes.allSatisfy({ (0x30...0x39).contains($0) }), bytes.count == 1 || first != 0x30,
            let index = Int(token), index < count
        else { return nil }
        return index
    }
}

extension JSONPointer: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        do {
            try self.init(text)
        } catch {
            throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: error.message))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// A text that is not a JSON pointer.
package struct PointerError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}

extension JSON {
    /// What stands at a place, or nil when nothing does. `-` names no existing element.
    package subscript(pointer: JSONPointer) -> JSON? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object(let members):
                guard let member = members[token] else { return nil }
                value = member
            case .array(let elements):
                guard let index = JSONPointer.index(token, count: elements.count) else { return nil }
                value = elements[index]
            default:
                return nil
            }
        }
        return value
    }

    /// Puts a value where one stands already or, in an object, under a new name. False, and nothing changed, where the
    /// parent does not exist.
    package mutating func set(_ value: JSON, at pointer: JSONPointer) -> Bool {
        guard !pointer.tokens.isEmpty else {
            self = value
            return true
        }
        do {
            try edit(pointer.tokens[...]) { parent, token throws(EditError) in try parent.put(value, token) }
            return true
        } catch {
            return false
        }
    }
}

/// Why a document could not be edited at a place; the patch adds which operation it was.
struct EditError: Error {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

extension JSON {
    /// Walks to the parent of the last token and runs `change` on it in place: taking each container out of its parent
    /// while it is changed keeps its storage unshared, so an edit costs the depth and not the document's size.
    mutating func edit<Result>(
        _ tokens: ArraySlice<String>, _ change: (inout JSON, String) throws(EditError) -> Result
    ) throws(EditError) -> Result {
        guard let token = tokens.first else { throw EditError("the whole document has no parent") }
        if tokens.count == 1 { return try change(&self, token) }
        let rest = tokens.dropFirst()
        switch self {
        case .object(var members):
            guard var child = members[token] else { throw missing(token) }
            self = .null
            members[token] = .null
            defer {
                members[token] = child
                self = .object(members)
            }
            return try child.edit(rest, change)
        case .array(var elements):
            guard let index = JSONPointer.index(token, count: elements.count) else { throw missing(token) }
            var child = elements[index]
            self = .null
            elements[index] = .null
            defer {
                elements[index] = child
                self = .array(elements)
            }
            return try child.edit(rest, change)
        default:
            throw missing(token)
        }
    }

    /// Why there is no `token` here.
    func missing(_ token: String) -> EditError {
        switch self {
        case .object(let members):
            let near = nearestName(to: token, among: members.keys).map { "; did you mean '\($0)'?" } ?? ""
            return EditError("there is no member '\(token)'\(near)")
        case .array(let elements):
            return EditError("'\(token)' names no element of an array of \(elements.count)")
        default:
            return EditError("'\(token)' looks into a \(kind), which has no members")
        }
    }

    fileprivate mutating func put(_ value: JSON, _ token: String) throws(EditError) {
        switch self {
        case .object(var members):
            self = .null
            members[token] = value
            self = .object(members)
        case .array(var elements):
            guard let index = JSONPointer.index(token, count: elements.count) else { throw missing(token) }
            self = .null
            elements[index] = value
            self = .array(elements)
        default:
            throw missing(token)
        }
    }
}
