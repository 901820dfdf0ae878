import CPostgres

/// The rows of one statement, copied out of libpq once: all bytes in one buffer, a range for each field.
package final class ResultTable: Sendable {
    let columns: [String]
    /// Start of each field in `bytes`, or -1 for NULL; row by row.
    private let starts: [Int]
    private let lengths: [Int32]
    private let bytes: [UInt8]
    package let rowCount: Int
    /// Rows inserted, updated, deleted or selected.
    package let affectedRows: Int
    /// The server's word for what it did: `COMMIT`, `ROLLBACK`, `INSERT 0 1`.
    let commandTag: String

    init(columns: [String], rows: [[String?]], affectedRows: Int = 0, commandTag: String = "") {
        self.columns = columns
        self.affectedRows = affectedRows
        self.commandTag = commandTag
        rowCount = rows.count
        var starts: [Int] = [], lengths: [Int32] = [], bytes: [UInt8] = []
        for field in rows.joined() {
            starts.append(field == nil ? -1 : bytes.count)
            lengths.append(Int32(field?.utf8.count ?? 0))
            bytes += field.map { Array($0.utf8) } ?? []
        }
        self.starts = starts
        self.lengths = lengths
        self.bytes = bytes
    }

    /// Copies a PGresult; the caller still clears it.
    init(_ result: OpaquePointer) {
        let width = Int(PQnfields(result)), height = Int(PQntuples(result))
        columns = (0..<width).map { PQfname(result, Int32($0)).map { String(cString: $0) } ?? "" }
        rowCount = height
        affectedRows = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0
        commandTag = PQcmdStatus(result).map { String(cString: $0) } ?? ""
        var starts: [Int] = [], lengths: [Int32] = [], bytes: [UInt8] = []
        starts.reserveCapacity(width * height)
        lengths.reserveCapacity(width * height)
        for row in 0..<Int32(height) {
            for column in 0..<Int32(width) {
                guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
                    starts.append(-1)
                    lengths.append(0)
                    continue
                }
                let length = PQgetlength(result, row, column)
                starts.append(bytes.count)
                lengths.append(length)
                bytes.append(contentsOf: UnsafeRawBufferPointer(start: value, count: Int(length)))
            }
        }
        self.starts = starts
        self.lengths = lengths
        self.bytes = bytes
    }

    package var rows: [Row] { (0..<rowCount).map { Row(table: self, index: $0) } }

    /// The text form of a field; nil is NULL.
    func field(row: Int, column: Int) -> ArraySlice<UInt8>? {
        let position = row * columns.count + column
        let start = starts[position]
        guard start >= 0 else { return nil }
        return bytes[start..<start + Int(lengths[position])]
    }
}
