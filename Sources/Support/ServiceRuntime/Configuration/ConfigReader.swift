import Glibc
import PlatformModel
import YAML

/// Reads a configuration file. Unknown keys, wrong types and values out of range are all told at once.
package enum ConfigReader {
    /// The largest file, in bytes.
    private static let sizeLimit = 1 << 20

    package static func read<Configuration: FileConfiguration>(
        _ type: Configuration.Type, path: String
    ) throws(ConfigError) -> Configuration {
        try read(type, bytes: try contents(of: path), file: path)
    }

    /// - Parameter file: The name that problems carry.
    package static func read<Configuration: FileConfiguration>(
        _ type: Configuration.Type, bytes: [UInt8], file: String
    ) throws(ConfigError) -> Configuration {
        let root: YAMLNode
        do throws(YAMLError) { root = try YAMLDocument.parse(bytes, file: file) } catch { throw ConfigError(error.problems) }
        let log = ConfigProblems(file: file)
        let section = ConfigSection(root, path: "", log: log)
        let configuration = Configuration(reading: section)
        section.finish()
        let problems = log.problems.sorted { ($0.line ?? 0, $0.column ?? 0, $0.path) < ($1.line ?? 0, $1.column ?? 0, $1.path) }
        guard problems.isEmpty else { throw ConfigError(problems) }
        return configuration
    }

    /// A whole file of the installation, of at most 1 MiB.
    package static func contents(of path: String) throws(ConfigError) -> [UInt8] {
        func failure(_ message: String) -> ConfigError {
            ConfigError([Problem(code: "CONF-101", file: path, path: "", message: message)])
        }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure("cannot be opened: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        var bytes: [UInt8] = [], piece = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = Glibc.read(descriptor, &piece, piece.count)
            guard count >= 0 else { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
            if count == 0 { return bytes }
            bytes.append(contentsOf: piece[..<count])
            guard bytes.count <= sizeLimit else { throw failure("is larger than \(sizeLimit) bytes") }
        }
    }
}
