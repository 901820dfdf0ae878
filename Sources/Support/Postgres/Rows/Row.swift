import PlatformModel

/// One row of a result. Fields are read by column name; a field that is missing, NULL or of another type throws
/// a `decoding` error that names the column, never the value.
package struct Row: Sendable {
    let table: ResultTable
    let index: Int

    package var columns: [String] { table.columns }

    package func string(_ column: String) throws(PostgresError) -> String { try required(column, optionalString(column)) }
    package func optionalString(_ column: String) throws(PostgresError) -> String? { try text(column) }

    package func int(_ column: String) throws(PostgresError) -> Int { try required(column, optionalInt(column)) }
    package func optionalInt(_ column: String) throws(PostgresError) -> Int? {
        try decode(column, "an integer") { Int($0) }
    }

    package func int64(_ column: String) throws(PostgresError) -> Int64 { try required(column, optionalInt64(column)) }
    package func optionalInt64(_ column: String) throws(PostgresError) -> Int64? {
        try decode(column, "an integer") { Int64($0) }
    }

    package func bool(_ column: String) throws(PostgresError) -> Bool { try required(column, optionalBool(column)) }
    package func optionalBool(_ column: String) throws(PostgresError) -> Bool? {
        try decode(column, "a boolean") { $0 == "t" ? true : $0 == "f" ? false : nil }
    }

    package func double(_ column: String) throws(PostgresError) -> Double { try required(column, optionalDouble(column)) }
    package func optionalDouble(_ column: String) throws(PostgresError) -> Double? {
        try decode(column, "a number") { Double($0) }
    }

    package func json(_ column: String) throws(PostgresError) -> JSON { try required(column, optionalJSON(column)) }
    package func optionalJSON(_ column: String) throws(PostgresError) -> JSON? {
        try decode(column, "JSON") { try? JSON.parse($0) }
    }

    package func timestamp(_ column: String) throws(PostgresError) -> Timestamp {
        try required(column, optionalTimestamp(column))
    }
    package func optionalTimestamp(_ column: String) throws(PostgresError) -> Timestamp? {
        try decode(column, "a timestamp with time zone") { Timestamp($0) }
    }

    package func bytes(_ column: String) throws(PostgresError) -> [UInt8] { try required(column, optionalBytes(column)) }
    package func optionalBytes(_ column: String) throws(PostgresError) -> [UInt8]? {
        try decode(column, "a bytea") { FieldText.bytes(fromHex: $0) }
    }

    package func strings(_ column: String) throws(PostgresError) -> [String] { try required(column, optionalStrings(column)) }
    package func optionalStrings(_ column: String) throws(PostgresError) -> [String]? {
        try decode(column, "a one-dimensional text[] without NULL") { FieldText.elements(ofArray: $0) }
    }

    package func isNull(_ column: String) throws(PostgresError) -> Bool { try text(column) == nil }

    // MARK: The parts

    private func text(_ column: String) throws(PostgresError) -> String? {
        guard let position = table.columns.firstIndex(of: column) else {
            let hint = nearestName(to: column, among: table.columns).map { "; did you mean \"\($0)\"?" } ?? ""
            throw PostgresError(.decoding, "no column \"\(column)\" in the result\(hint)")
        }
        return table.field(row: index, column: position).map { String(decoding: $0, as: UTF8.self) }
    }

    private func decode<Value>(
        _ column: String, _ expected: String, _ convert: (String) -> Value?
    ) throws(PostgresError) -> Value? {
        guard let text = try text(column) else { return nil }
        guard let value = convert(text) else { throw PostgresError(.decoding, "column \"\(column)\" is not \(expected)") }
        return value
    }

    private func required<Value>(_ column: String, _ value: Value?) throws(PostgresError) -> Value {
        guard let value else { throw PostgresError(.decoding, "column \"\(column)\" is NULL") }
        return value
    }
}
