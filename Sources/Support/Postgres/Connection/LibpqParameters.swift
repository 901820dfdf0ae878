import CPostgres

/// Parameters as libpq wants them: one buffer that holds all bytes, and an offset and a length for each value.
struct LibpqParameters {
    private var bytes: [UInt8] = []
    private var offsets: [Int?] = []
    private var lengths: [Int32] = []

    init(_ parameters: [SQL.Parameter]) {
        for parameter in parameters {
            offsets.append(parameter.bytes == nil ? nil : bytes.count)
            lengths.append(Int32(parameter.bytes?.count ?? 0))
            bytes += parameter.bytes ?? []
        }
        // An empty last value still needs an address.
        bytes.append(0)
    }

    /// Queues the statement, under its prepared name if there is one; false when libpq refuses.
    func send(_ connection: OpaquePointer, text: String, types: [UInt32], prepared name: String?) -> Bool {
        let count = Int32(offsets.count)
        let formats = [Int32](repeating: 1, count: offsets.count)
        return bytes.withUnsafeBytes { buffer in
            let base = buffer.bindMemory(to: CChar.self).baseAddress
            let values = offsets.map { offset in offset.flatMap { base?.advanced(by: $0) } }
            if let name { return PQsendQueryPrepared(connection, name, count, values, lengths, formats, 0) == 1 }
            return PQsendQueryParams(connection, text, count, types, values, lengths, formats, 0) == 1
        }
    }
}
