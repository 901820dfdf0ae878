import PlatformModel
import YAML

/// What `martlet login` keeps: `~/.config/martlet/config.yaml`, readable by its owner only.
struct ConfigFile: Sendable, Equatable {
    static let keys = ["url", "ca", "org", "app", "env", "token"]

    var values: [String: String] = [:]

    static func path(_ flag: String?, _ environment: [String: String]) -> String? {
        if let flag { return flag }
        if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") { return folder + "/martlet/config.yaml" }
        return environment["HOME"].map { $0 + "/.config/martlet/config.yaml" }
    }

    /// An absent file is an empty one.
    static func read(_ path: String) throws(CommandFailure) -> ConfigFile {
        let bytes: [UInt8]
        do throws(LocalFile.Failure) { bytes = try LocalFile.read(path, limit: 64 << 10) } catch {
            if error.isMissing { return ConfigFile() }
            throw CommandFailure(.failed, "the configuration \(error)")
        }
        let root: YAMLNode
        do throws(YAMLError) { root = try YAMLDocument.parse(bytes, file: path) } catch {
            throw CommandFailure(problems: error.problems, "the configuration file cannot be read")
        }
        var file = ConfigFile(), problems: [Problem] = []
        for (key, value) in root.entries ?? [] {
            func add(_ code: String, _ mark: YAMLMark, _ message: String, suggestion: String? = nil) {
                problems.append(
                    Problem(
                        code: code, file: path, line: mark.line, column: mark.column, path: key.text, message: message,
                        suggestion: suggestion))
            }
            guard keys.contains(key.text) else {
                add("CONFIG-102", key.mark, "unknown key", suggestion: nearestName(to: key.text, among: keys))
                continue
            }
            guard let text = value.string else {
                add("CONFIG-104", value.mark, "a text is needed, and this is a \(value.kindName)")
                continue
            }
            file.values[key.text] = text
        }
        guard problems.isEmpty else { throw CommandFailure(problems: problems, "the configuration file is not valid") }
        if file.values["token"] != nil, LocalFile.isOpenToOthers(path) {
            throw CommandFailure(.failed, "'\(path)' holds a token and others may read it; run: chmod 600 '\(path)'")
        }
        return file
    }

    func write(_ path: String) throws(CommandFailure) {
        let text = YAMLWriter(firstKeys: Self.keys).text(of: .object(values.mapValues { .string($0) }))
        do throws(LocalFile.Failure) { try LocalFile.writePrivately(text, to: path) } catch {
            throw CommandFailure(.failed, "the configuration could not be written: \(error)")
        }
    }
}
