/// Takes up what a wire type encodes, as a JSON value. A reference, since containers of one value write to one place.
final class JSONSink: Encoder, SingleValueEncodingContainer {
    private enum Place {
        case member(String)
        case element(Int)
    }

    private var value: JSON?
    fileprivate var elements: [JSON] = []
    fileprivate var members: [String: JSON] = [:]
    /// What was handed out to be filled in later.
    private var nested: [(place: Place, sink: JSONSink)] = []

    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    /// Nil when the type encoded nothing at all.
    static func json<Value: Encodable>(of value: Value) throws -> JSON? {
        if Value.self == JSON.self, let same = value as? JSON { return try same.asWritten() }
        if Value.self == [String: JSON].self, let members = value as? [String: JSON] {
            return try JSON.object(members).asWritten()
        }
        if Value.self == [JSON].self, let elements = value as? [JSON] { return try JSON.array(elements).asWritten() }
        let sink = JSONSink()
        try value.encode(to: sink)
        return sink.finished
    }

    private var finished: JSON? {
        for (place, sink) in nested {
            let value = sink.finished ?? .object([:])
            switch place {
            case .member(let key): members[key] = value
            case .element(let index): elements[index] = value
            }
        }
        switch value {
        case .object?: return .object(members)
        case .array?: return .array(elements)
        default: return value
        }
    }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        value = .object([:])
        return KeyedEncodingContainer(JSONMembersSink<Key>(sink: self))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        value = .array([])
        return JSONElementsSink(sink: self)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { self }

    fileprivate func member(_ key: String) -> JSONSink {
        let sink = JSONSink()
        nested.append((.member(key), sink))
        return sink
    }

    fileprivate func element() -> JSONSink {
        let sink = JSONSink()
        nested.append((.element(elements.count), sink))
        elements.append(.null)
        return sink
    }

    private func set(_ json: JSON?) {
        value = json
        if case .object(let members)? = json { self.members = members }
        if case .array(let elements)? = json { self.elements = elements }
    }

    func encodeNil() { value = .null }
    func encode(_ value: Bool) { self.value = .bool(value) }
    func encode(_ value: String) { self.value = .string(value) }
    func encode(_ value: Double) throws { self.value = try .number(value) }
    func encode(_ value: Float) throws { self.value = try .number(Double(value)) }
    func encode(_ value: Int) { self.value = .int(Int64(value)) }
    func encode(_ value: Int8) { self.value = .int(Int64(value)) }
    func encode(_ value: Int16) { self.value = .int(Int64(value)) }
    func encode(_ value: Int32) { self.value = .int(Int64(value)) }
    func encode(_ value: Int64) { self.value = .int(value) }
    func encode(_ value: UInt) throws { self.value = try .number(UInt64(value)) }
    func encode(_ value: UInt8) { self.value = .int(Int64(value)) }
    func encode(_ value: UInt16) { self.value = .int(Int64(value)) }
    func encode(_ value: UInt32) { self.value = .int(Int64(value)) }
    func encode(_ value: UInt64) throws { self.value = try .number(value) }
    func encode<Value: Encodable>(_ value: Value) throws { set(try Self.json(of: value)) }
}

extension JSON {
    /// JSON has no infinity and no NaN.
    fileprivate static func number(_ value: Double) throws -> JSON {
        guard value.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "\(value) is no JSON number"))
        }
        return Int64(exactly: value).map(JSON.int) ?? .double(value)
    }

    /// As it is after it was written and read: `3.0` is the integer 3.
    fileprivate func asWritten() throws -> JSON {
        guard holdsDouble(where: { Int64(exactly: $0) != nil || !$0.isFinite }) else { return self }
        return switch self {
        case .double(let value): try .number(value)
        case .array(let elements): .array(try elements.map { try $0.asWritten() })
        case .object(let members): .object(try members.mapValues { try $0.asWritten() })
        default: self
        }
    }

    private func holdsDouble(where holds: (Double) -> Bool) -> Bool {
        switch self {
        case .double(let value): holds(value)
        case .array(let elements): elements.contains { $0.holdsDouble(where: holds) }
        case .object(let members): members.contains { $0.value.holdsDouble(where: holds) }
        default: false
        }
    }

    /// A double would lose digits of what an integer here does not hold.
    fileprivate static func number(_ value: UInt64) throws -> JSON {
        guard let whole = Int64(exactly: value) else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "\(value) is over \(Int64.max)"))
        }
        return .int(whole)
    }
}

private struct JSONMembersSink<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let sink: JSONSink
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) { sink.members[key.stringValue] = .null }
    func encode(_ value: Bool, forKey key: Key) { sink.members[key.stringValue] = .bool(value) }
    func encode(_ value: String, forKey key: Key) { sink.members[key.stringValue] = .string(value) }
    func encode(_ value: Double, forKey key: Key) throws { sink.members[key.stringValue] = try .number(value) }
    func encode(_ value: Float, forKey key: Key) throws { sink.members[key.stringValue] = try .number(Double(value)) }
    func encode(_ value: Int, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: Int8, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: Int16, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: Int32, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: Int64, forKey key: Key) { sink.members[key.stringValue] = .int(value) }
    func encode(_ value: UInt, forKey key: Key) throws { sink.members[key.stringValue] = try .number(UInt64(value)) }
    func encode(_ value: UInt8, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: UInt16, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: UInt32, forKey key: Key) { sink.members[key.stringValue] = .int(Int64(value)) }
    func encode(_ value: UInt64, forKey key: Key) throws { sink.members[key.stringValue] = try .number(value) }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        sink.members[key.stringValue] = try JSONSink.json(of: value) ?? .object([:])
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        sink.member(key.stringValue).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        sink.member(key.stringValue).unkeyedContainer()
    }
    func superEncoder() -> any Encoder { sink.member("super") }
    func superEncoder(forKey key: Key) -> any Encoder { sink.member(key.stringValue) }
}

private struct JSONElementsSink: UnkeyedEncodingContainer {
    let sink: JSONSink
    var codingPath: [any CodingKey] { [] }
    var count: Int { sink.elements.count }

    func encodeNil() { sink.elements.append(.null) }
    func encode(_ value: Bool) { sink.elements.append(.bool(value)) }
    func encode(_ value: String) { sink.elements.append(.string(value)) }
    func encode(_ value: Double) throws { sink.elements.append(try .number(value)) }
    func encode(_ value: Float) throws { sink.elements.append(try .number(Double(value))) }
    func encode(_ value: Int) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: Int8) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: Int16) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: Int32) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: Int64) { sink.elements.append(.int(value)) }
    func encode(_ value: UInt) throws { sink.elements.append(try .number(UInt64(value))) }
    func encode(_ value: UInt8) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: UInt16) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: UInt32) { sink.elements.append(.int(Int64(value))) }
    func encode(_ value: UInt64) throws { sink.elements.append(try .number(value)) }
    func encode<Value: Encodable>(_ value: Value) throws { sink.elements.append(try JSONSink.json(of: value) ?? .object([:])) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        sink.element().container(keyedBy: type)
    }

    func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer { sink.element().unkeyedContainer() }
    func superEncoder() -> any Encoder { sink.element() }
}
