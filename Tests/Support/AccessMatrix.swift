import FoundationEssentials

/// Who may do what: written by hand from the published roles (`AccessControlTests/Golden/access-matrix.csv`), a row for each public route, a
/// column for each way of holding roles. The judge of the table in code, and of the programs.
package struct AccessMatrix: Sendable {
    package enum Cell: String, Sendable, Hashable {
        case allow
        case refused = "403"
        case hidden = "404"
    }

    package struct Row: Sendable {
        package var method: String
        package var route: String
        /// By column.
        package var cells: [String: Cell]
    }

    package struct Malformed: Error {
        package let line: String
    }

    package let columns: [String]
    package let rows: [Row]

    package static func read() throws -> AccessMatrix {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "AccessControlTests/Golden/access-matrix.csv")
        return try AccessMatrix(String(contentsOf: file, encoding: .utf8))
    }

    private init(_ text: String) throws {
        let lines = text.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        columns = Array((lines.first ?? []).dropFirst(2))
        rows = try lines.dropFirst().map { [columns] words in
            guard words.count == columns.count + 2 else { throw Malformed(line: words.joined(separator: ",")) }
            let cells = try words.dropFirst(2).map { word in
                guard let cell = Cell(rawValue: word) else { throw Malformed(line: words.joined(separator: ",")) }
                return cell
            }
            return Row(method: words[0], route: words[1], cells: Dictionary(uniqueKeysWithValues: zip(columns, cells)))
        }
    }
}
