import PlatformModel

/// The server's numbers of the types that parameters have (pg_type.oid).
package enum PostgresType {
    package static let bool: UInt32 = 16
    package static let bytea: UInt32 = 17
    package static let int8: UInt32 = 20
    package static let text: UInt32 = 25
    package static let float8: UInt32 = 701
    package static let textArray: UInt32 = 1009
    package static let int8Array: UInt32 = 1016
    package static let timestamptz: UInt32 = 1184
    package static let jsonb: UInt32 = 3802
}

/// A Swift value that can be bound in a statement. The parameter's SQL type follows from the Swift type alone,
/// so a column of another type needs a cast in the statement: `\(id)::uuid`.
package protocol SQLParameter {
    static var postgresType: UInt32 { get }
    /// PostgreSQL's binary form, which needs no escaping and keeps every byte.
    var postgresBytes: [UInt8] { get }
}

/// What a bound array may hold.
package protocol SQLArrayElement {
    static var arrayType: UInt32 { get }
    static func arrayBytes(of elements: [Self]) -> [UInt8]
}

extension String: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.text }
    package var postgresBytes: [UInt8] { Array(utf8) }
}

extension Int: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.int8 }
    package var postgresBytes: [UInt8] { bigEndianBytes(of: Int64(self)) }
}

extension Int64: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.int8 }
    package var postgresBytes: [UInt8] { bigEndianBytes(of: self) }
}

extension Bool: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.bool }
    package var postgresBytes: [UInt8] { [self ? 1 : 0] }
}

extension Double: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.float8 }
    package var postgresBytes: [UInt8] { bigEndianBytes(of: bitPattern) }
}

extension JSON: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.jsonb }
    /// The binary form of jsonb is its version, 1, and the text.
    package var postgresBytes: [UInt8] { [1] + Array(canonical.utf8) }
}

extension Timestamp: SQLParameter {
    package static var postgresType: UInt32 { PostgresType.timestamptz }
    /// Microseconds since 2000-01-01T00:00:00Z.
    package var postgresBytes: [UInt8] {
        let sinceEpoch = milliseconds.multipliedReportingOverflow(by: 1000)
        let shifted = sinceEpoch.partialValue.subtractingReportingOverflow(946_684_800_000_000)
        // Beyond the 292,000 years that fit, PostgreSQL's own infinities are the nearest values.
        if sinceEpoch.overflow || shifted.overflow { return bigEndianBytes(of: milliseconds > 0 ? Int64.max : Int64.min) }
        return bigEndianBytes(of: shifted.partialValue)
    }
}

extension Array: SQLParameter where Element: SQLArrayElement {
    package static var postgresType: UInt32 { Element.arrayType }
    package var postgresBytes: [UInt8] { Element.arrayBytes(of: self) }
}

extension String: SQLArrayElement {
    package static var arrayType: UInt32 { PostgresType.textArray }
    package static func arrayBytes(of elements: [String]) -> [UInt8] {
        binaryArray(of: PostgresType.text, elements.map(\.postgresBytes))
    }
}

extension Int: SQLArrayElement {
    package static var arrayType: UInt32 { PostgresType.int8Array }
    package static func arrayBytes(of elements: [Int]) -> [UInt8] {
        binaryArray(of: PostgresType.int8, elements.map(\.postgresBytes))
    }
}

/// An array of bytes is one bytea.
extension UInt8: SQLArrayElement {
    package static var arrayType: UInt32 { PostgresType.bytea }
    package static func arrayBytes(of elements: [UInt8]) -> [UInt8] { elements }
}

func bigEndianBytes(of value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.bigEndian) { Array($0) }
}

/// The binary form of a one-dimensional array: dimensions, null flag, element type, length, lower bound, elements.
private func binaryArray(of type: UInt32, _ elements: [[UInt8]]) -> [UInt8] {
    guard !elements.isEmpty else { return bigEndianBytes(of: Int32(0)) + bigEndianBytes(of: Int32(0)) + bigEndianBytes(of: type) }
    var out = bigEndianBytes(of: Int32(1)) + bigEndianBytes(of: Int32(0)) + bigEndianBytes(of: type)
    out += bigEndianBytes(of: Int32(elements.count)) + bigEndianBytes(of: Int32(1))
    for element in elements { out += bigEndianBytes(of: Int32(element.count)) + element }
    return out
}
