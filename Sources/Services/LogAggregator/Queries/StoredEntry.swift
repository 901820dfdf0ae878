import PlatformModel
import ServiceAPI

/// A line as it is stored.
struct StoredEntry: Sendable, Hashable {
    var id: Int64
    var deploymentID: String?
    var workloadID: String?
    var containerID: String?
    var node: String?
    var stream: String
    var level: String
    var at: Timestamp
    var line: String

    /// The contract's form.
    var output: OutputEntry {
        OutputEntry(
            level: level, payload: line, timestamp: at, workloadID: workloadID ?? "", containerID: containerID ?? node ?? "")
    }

    /// The contract's form and what it has no place for.
    func event() throws(JSONError) -> StreamEvent {
        var data = try JSON(encoding: output)
        data["stream"] = .string(stream)
        data["deployment_id"] = deploymentID.map(JSON.string)
        data["node"] = node.map(JSON.string)
        return StreamEvent(id: String(id), event: "log", data: data)
    }
}
