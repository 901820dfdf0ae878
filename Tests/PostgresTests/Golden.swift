import FoundationEssentials
import Testing

/// The golden files of these tests.
enum Golden {
    /// The lines of a file, without comments and empty ones.
    static func lines(_ name: String) throws -> [String] {
        let path = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden/\(name)").path
        let data = try #require(FileManager.default.contents(atPath: path), "\(path) is missing")
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
    }
}
