import PlatformModel
import YAML

/// A container on its way to a Score file.
struct ContainerDraft {
    var image = "."
    var command: [String]?
    var args: [String]?
    var variables: [String: ScoreTemplate] = [:]
    /// Path in the container -> a file as Score has it.
    var files: [String: JSON] = [:]
    var volumes: [String: JSON] = [:]
    var limits: [String: String] = [:]
    var requests: [String: String] = [:]
    var livenessProbe: JSON?
    var readinessProbe: JSON?
    /// Container -> what it waits for: `started`, `healthy`, `complete`.
    var before: [String: String] = [:]

    /// A file whose content is the same whatever it looks like.
    static func file(content: String, mode: String? = nil) -> JSON {
        var file: JSON = ["content": .string(content)]
        if content.contains("$") { file["noExpand"] = true }
        if let mode { file["mode"] = .string(mode) }
        return file
    }

    /// The permissions of a file as Score writes them: `0644` as it is, and the number 420 of a JSON export in octal digits.
    static func mode(_ node: SourceNode) -> String? {
        guard let text = node.text, let number = text.hasPrefix("0") || node.node.string != nil ? Int(text, radix: 8) : Int(text),
            (0...0o777).contains(number)
        else { return nil }
        let digits = String(number, radix: 8)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    var json: JSON {
        var members: [String: JSON] = ["image": .string(image)]
        members["command"] = command.map { .array($0.map { .string($0) }) }
        members["args"] = args.map { .array($0.map { .string($0) }) }
        if !variables.isEmpty { members["variables"] = .object(variables.mapValues { .string($0.score) }) }
        if !files.isEmpty { members["files"] = .object(files) }
        if !volumes.isEmpty { members["volumes"] = .object(volumes) }
        var amounts: [String: JSON] = [:]
        if !limits.isEmpty { amounts["limits"] = .object(limits.mapValues { .string($0) }) }
        if !requests.isEmpty { amounts["requests"] = .object(requests.mapValues { .string($0) }) }
        if !amounts.isEmpty { members["resources"] = .object(amounts) }
        members["livenessProbe"] = livenessProbe
        members["readinessProbe"] = readinessProbe
        if !before.isEmpty { members["before"] = .object(before.mapValues { ["ready": .string($0)] }) }
        return .object(members)
    }
}
