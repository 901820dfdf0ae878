import Drivers
import FoundationEssentials
import PlatformModel
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
        var rules = DriverAddressRules()
        _ = rules.add("127.0.0.1")
        return NetworkConnector(rules: rules)
    }

    func end() { process.end() }

    /// What the driver keeps of a resource, with its name: nil when there is nothing.
    func file(of guResID: String) throws -> String? {
        let path = process.folder.file("\(guResID).json")
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        return path + String(decoding: try Data(contentsOf: URL(filePath: path)), as: UTF8.self)
    }
}
