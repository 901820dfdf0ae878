import PlatformModel

/// Where a command goes and as whom: flags before environment before configuration file.
struct Settings: Sendable {
    static let variables = ["URL", "CA", "ORG", "APP", "ENV", "TOKEN"].map { "MARTLET_" + $0 }

    var configPath: String?
    var file: ConfigFile
    private var values: [String: String] = [:]
    /// The place as far as flags say it, for a command line that is proposed: ` --app shop --env development`.
    private(set) var given = ""

    init(_ options: GlobalOptions, environment: [String: String]) throws(CommandFailure) {
        configPath = ConfigFile.path(options.config, environment)
        file = try configPath.map { (path) throws(CommandFailure) in try ConfigFile.read(path) } ?? ConfigFile()
        let flags = [
            "url": options.url, "ca": options.ca, "org": options.org, "app": options.app, "env": options.env,
            "token": options.token,
        ]
        for key in ConfigFile.keys {
            let variable = environment["MARTLET_" + key.uppercased()].flatMap { $0.isEmpty ? nil : $0 }
            values[key] = (flags[key] ?? nil) ?? variable ?? file.values[key]
        }
        given = ["org", "app", "env"].compactMap { key in (flags[key] ?? nil).map { " --\(key) \($0)" } }.joined()
        // A kept session belongs to the gateway that gave it: it is never shown to another one.
        let isForeign = file.values["url"].map { Self.trimmed($0) != Self.trimmed(values["url"] ?? "") } ?? true
        if options.token == nil, (environment["MARTLET_TOKEN"] ?? "").isEmpty, isForeign { values["token"] = nil }
    }

    subscript(key: String) -> String? { values[key] }

    /// A command that names its environment itself.
    mutating func choose(environment: String) {
        values["env"] = environment
        given =
            given.split(separator: " --").filter { !$0.hasPrefix("env ") }.map { " --\($0)" }.joined() + " --env \(environment)"
    }

    func url() throws(CommandFailure) -> GatewayURL {
        guard let text = values["url"] else {
            throw .usage("which gateway? Give --url or MARTLET_URL, or sign in once with 'martlet login --url https://HOST:8443'")
        }
        return try GatewayURL(text)
    }

    func org() throws(CommandFailure) -> String { try require("org", "organisation") }
    func app() throws(CommandFailure) -> String { try require("app", "application") }
    func env() throws(CommandFailure) -> String { try require("env", "environment") }

    private func require(_ key: String, _ thing: String) throws(CommandFailure) -> String {
        guard let value = values[key] else {
            throw .usage("which \(thing)? Give --\(key) or MARTLET_\(key.uppercased())")
        }
        return value
    }

    private static func trimmed(_ url: String) -> Substring {
        var text = url[...]
        while text.hasSuffix("/") { text = text.dropLast() }
        return text
    }
}
