import FoundationEssentials
import Glibc

/// A new empty folder under /tmp with a short path (Unix socket paths end at 107 bytes), removed with the last reference.
package final class TemporaryFolder: Sendable {
    package let path: String

    package init(_ prefix: String = "martlet") throws {
        var template = Array("/tmp/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemFailure("mkdtemp", errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// The path of an entry of the folder.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file of the folder and returns its path.
    @discardableResult
    package func write(_ text: String, to name: String) throws -> String {
        let path = file(name)
        try Data(text.utf8).write(to: URL(filePath: path))
        return path
    }

    package func read(_ name: String) -> String? {
        FileManager.default.contents(atPath: file(name)).map { String(decoding: $0, as: UTF8.self) }
    }
}

/// A call of the system that failed.
package struct SystemFailure: Error, CustomStringConvertible {
    let call: String
    let code: Int32
    package init(_ call: String, _ code: Int32) {
        self.call = call
        self.code = code
    }
    package var description: String { "\(call): \(String(cString: strerror(code)))" }
}
