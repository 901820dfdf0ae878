import FoundationEssentials

/// One `NNNN_name.sql`.
package struct MigrationFile: Sendable, Hashable {
    package let number: Int
    package let name: String
    let text: String

    /// A file whose first line says so runs as the migrating role itself; every other one as `martlet_owner`.
    static let administratorLine = "-- martlet: as administrator"
    var runsAsAdministrator: Bool { text.prefix { $0 != "\n" } == Self.administratorLine }

    /// A file that was corrected without another outcome names, in lines at its beginning, the checksums of its earlier texts: who applied
    /// one of those has applied it.
    static let insteadLine = "-- martlet: instead of "
    var earlierChecksums: Set<String> {
        let head = text.split(separator: "\n").prefix { $0.hasPrefix("-- martlet: ") }
        return Set(head.filter { $0.hasPrefix(Self.insteadLine) }.map { String($0.dropFirst(Self.insteadLine.count)) })
    }

    var fileName: String { "\(String(repeating: "0", count: max(0, 4 - String(number).count)))\(number)_\(name).sql" }

    init(number: Int, name: String, text: String) {
        self.number = number
        self.name = name
        self.text = text
    }

    /// The parts of a file name; nil when it does not have the form `0001_foundation.sql`.
    static func parse(fileName: String) -> (number: Int, name: String)? {
        guard fileName.hasSuffix(".sql") else { return nil }
        let stem = Array(fileName.dropLast(4).utf8)
        guard stem.count > 5, stem[4] == UInt8(ascii: "_"), stem[..<4].allSatisfy({ (0x30...0x39).contains($0) }),
            stem[5...].allSatisfy({ (0x61...0x7a).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "_") }),
            let number = Int(String(decoding: stem[..<4], as: UTF8.self)), number > 0
        else { return nil }
        return (number, String(decoding: stem[5...], as: UTF8.self))
    }

    /// The migrations of a folder, by number; other files than `.sql` are none of its business.
    package static func all(in folder: String) throws(MigrationError) -> [MigrationFile] {
        let names: [String]
        do { names = try FileManager.default.contentsOfDirectory(atPath: folder) } catch {
            throw MigrationError(.badFile, "\(folder): the folder of migrations cannot be read")
        }
        var files: [MigrationFile] = []
        for name in names.sorted() where name.hasSuffix(".sql") {
            guard let (number, title) = parse(fileName: name) else {
                throw MigrationError(.badFile, "\(folder)/\(name): a migration is named like 0001_foundation.sql")
            }
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)"),
                let text = String(bytes: data, encoding: .utf8)
            else { throw MigrationError(.badFile, "\(folder)/\(name): cannot be read as UTF-8") }
            if let other = files.first(where: { $0.number == number }) {
                throw MigrationError(.badFile, "\(folder)/\(name): \(other.fileName) has the same number")
            }
            files.append(MigrationFile(number: number, name: title, text: text))
        }
        return files
    }
}
