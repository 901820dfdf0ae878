/// Text or bytes that are not the JSON that was expected.
package struct JSONError: Error, Sendable, CustomStringConvertible {
    /// What was wrong, with the field's path where it is known (`modules.add.web.profile: a string is needed`).
    package let message: String
    package init(_ message: String) { self.message = message }
    package var description: String { message }
}

extension JSON {
    /// Parses JSON text (RFC 8259, UTF-8). Depth is bounded (512); bound the size before calling.
    package static func parse(_ bytes: some Sequence<UInt8>) throws(JSONError) -> JSON {
        let whole = bytes.withContiguousStorageIfAvailable { bytes in
            Result { () throws(JSONError) in try JSONReader.read(bytes) }
        }
        if let whole { return try whole.get() }
        let copy = Array(bytes)
        return try copy.withUnsafeBufferPointer { bytes throws(JSONError) in try JSONReader.read(bytes) }
    }

    package static func parse(_ text: String) throws(JSONError) -> JSON { try parse(text.utf8) }

    /// Decodes any wire type; the error names the field.
    package static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: some Sequence<UInt8>
    ) throws(JSONError) -> Value {
        try parse(bytes).decode(type)
    }

    /// This value as a wire type; the error names the field.
    package func decode<Value: Decodable>(_ type: Value.Type) throws(JSONError) -> Value {
        do {
            return try JSONField(value: self, path: .whole).decode(type)
        } catch let error as DecodingError {
            throw JSONError(Self.describe(error))
        } catch {
            throw JSONError("the body: \(error)")
        }
    }

    /// Encodes any wire type with sorted keys, so that equal values give equal bytes.
    package static func encode(_ value: some Encodable) throws(JSONError) -> [UInt8] {
        try JSON(encoding: value).canonicalBytes
    }

    /// A wire type as a JSON value.
    package init(encoding value: some Encodable) throws(JSONError) {
        do {
            guard let made = try JSONSink.json(of: value) else { throw JSONError("it has no value") }
            self = made
        } catch {
            throw JSONError("\(type(of: value)) does not encode: \(error)")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        func path(_ keys: [any CodingKey]) -> String {
            keys.isEmpty ? "the body" : keys.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(path(context.codingPath + [key])): missing"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(path(context.codingPath)): \(context.debugDescription)"
        @unknown default: return "the body: not what is needed"
        }
    }
}

extension JSON: Codable {
    package init(from decoder: any Decoder) throws {
        if let field = decoder as? JSONField {
            self = field.value
            return
        }
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? container.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? container.decode(Double.self) {
            self = .double(value)
        } else if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .array(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .null: try container.encodeNil()
        case .bool(let value): try container.encode(value)
        case .int(let value): try container.encode(value)
        case .double(let value): try container.encode(value)
        case .string(let value): try container.encode(value)
        case .array(let value): try container.encode(value)
        case .object(let value): try container.encode(value)
        }
    }
}
