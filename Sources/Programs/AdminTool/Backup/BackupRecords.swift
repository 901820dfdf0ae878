import PlatformModel

/// What is in a backup, one record after the other: a head in JSON, then its bytes in parts of known length, an empty one last.
struct BackupRecord: Codable, Hashable, Sendable {
    enum Kind: String, Codable, Sendable {
        /// The first one: what this is a backup of.
        case manifest
        /// A secret of the host's, opened: on another host it is sealed anew.
        case credential
        /// A file of the configuration or of a service's state.
        case file
        /// The database, in pg_dump's custom format; the last one.
        case database
    }

    var kind: Kind
    /// The name of the credential, the path of the file.
    var name: String
    /// By name: the numbers differ from host to host.
    var owner: String?
    var group: String?
    var mode: UInt32?
}

struct BackupManifest: Codable, Hashable, Sendable {
    var version: String
    /// Of the database's schema.
    var schema: Int
    var host: String
    var madeAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case version, schema, host
        case madeAt = "made_at"
    }
}

/// Records from and to a sealed stream.
enum BackupRecords {
    /// Of a record that is kept in memory.
    static let smallLimit = 16 << 20
    private static let partLimit = 1 << 20

    static func head(_ record: BackupRecord) throws -> [UInt8] {
        let json = try JSON.encode(record)
        return number(json.count) + json
    }

    /// A part of a record's bytes; an empty one ends it.
    static func part(_ bytes: [UInt8]) -> [UInt8] { number(bytes.count) + bytes }

    private static func number(_ count: Int) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: UInt32(count) >> (24 - 8 * UInt32($0))) }
    }

    struct Reader {
        private var stream: BackupSeal.Reader
        private var held: ArraySlice<UInt8> = []
        private var isInRecord = false

        init(_ stream: BackupSeal.Reader) { self.stream = stream }

        /// The next record, behind the bytes of the one before; nil at the end.
        mutating func next() throws -> BackupRecord? {
            while isInRecord { _ = try part() }
            guard let count = try number(orEnd: true) else { return nil }
            guard count <= BackupRecords.partLimit else { throw Self.malformed }
            isInRecord = true
            return try JSON.decode(BackupRecord.self, from: try take(count))
        }

        /// The next part of the record's bytes; nil at its end.
        mutating func part() throws -> [UInt8]? {
            guard isInRecord, let count = try number(orEnd: false) else { return nil }
            guard count <= BackupRecords.partLimit else { throw Self.malformed }
            guard count > 0 else {
                isInRecord = false
                return nil
            }
            return try take(count)
        }

        /// All of a small record.
        mutating func bytes() throws -> [UInt8] {
            var bytes: [UInt8] = []
            while let part = try part() {
                bytes += part
                guard bytes.count <= BackupRecords.smallLimit else { throw Self.malformed }
            }
            return bytes
        }

        private mutating func number(orEnd: Bool) throws -> Int? {
            if held.isEmpty, orEnd {
                guard let piece = try stream.next() else { return nil }
                held = piece[...]
                if held.isEmpty { return nil }
            }
            return try take(4).reduce(0) { $0 << 8 | Int($1) }
        }

        private mutating func take(_ count: Int) throws -> [UInt8] {
            while held.count < count {
                guard let piece = try stream.next() else { throw Self.malformed }
                held = ArraySlice(Array(held) + piece)
            }
            defer { held = held.dropFirst(count) }
            return Array(held.prefix(count))
        }

        private static var malformed: BackupSeal.Failure {
            BackupSeal.Failure(description: "its records cannot be read: it was made by another version, or is damaged")
        }
    }
}
