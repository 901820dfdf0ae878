import Drivers
import FoundationEssentials
import Outgoing
import PlatformModel
import PureDrivers
import TestSupport

/// The documentation's driver, and the way to it.
struct ExampleDriver {
    let process: ExampleDriverProcess

    static let inputsSchema: JSON = [
        "type": "object",
        "properties": [
            "values": [
                "type": "object", "required": ["name"], "additionalProperties": false, "properties": ["name": ["type": "string"]],
            ],
            "secrets": [
                "type": "object", "additionalProperties": false, "properties": ["key": ["type": "string", "minLength": 8]],
            ],
        ],
    ]

    init() async throws { process = try await ExampleDriverProcess() }

    var url: String { process.url }

    var connector: NetworkConnector {
        var rules = OutgoingRules()
        _ = rules.add("127.0.0.1")
        return NetworkConnector(rules: rules)
    }

    /// By hand, behind the driver's back.
    func edit(_ change: (inout JSON) -> Void) throws {
        let path = process.folder.file("\(DriverBench.request().guResID).json")
        var kept = try JSON.parse([UInt8](try Data(contentsOf: URL(filePath: path))))
        change(&kept)
        try Data(kept.canonical.utf8).write(to: URL(filePath: path))
    }

    func remove() throws {
        try FileManager.default.removeItem(atPath: process.folder.file("\(DriverBench.request().guResID).json"))
    }

    func end() { process.end() }

    /// What the driver keeps of a resource, with its name: nil when there is nothing.
    func file(of guResID: String) throws -> String? {
        let path = process.folder.file("\(guResID).json")
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return path + String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
