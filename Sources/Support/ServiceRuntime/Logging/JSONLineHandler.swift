import Glibc
import Logging
import PlatformModel

/// Writes one JSON object a line to standard error: `time`, `level`, `label`, `message`, `metadata`.
package struct JSONLineHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?
    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameter write: Takes a whole line with its line break.
    package init(label: String, level: Logger.Level, write: @escaping @Sendable (String) -> Void = StandardError.write) {
        self.label = label
        self.logLevel = level
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.MetadataValue? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var fields = metadataProvider?.get() ?? [:]
        fields.merge(metadata) { _, own in own }
        fields.merge(event.metadata ?? [:]) { _, own in own }
        if let error = event.error { fields["error"] = "\(error)" }
        var line: [String: JSON] = [
            "time": .string(Timestamp.now().description), "level": .string(event.level.rawValue), "label": .string(label),
            "message": .string(event.message.description),
        ]
        if !fields.isEmpty { line["metadata"] = Self.json(.dictionary(fields)) }
        write(JSON.object(line).canonical + "\n")
    }

    private static func json(_ value: Logger.MetadataValue) -> JSON {
        switch value {
        case .string(let text): .string(text)
        case .stringConvertible(let value): .string(value.description)
        case .array(let values): .array(values.map(json))
        case .dictionary(let members):
            .object(
                Dictionary(
                    members.map { ($0, isSecret($0) ? .string("(not logged)") : json($1)) },
                    uniquingKeysWith: { first, _ in first }))
        }
    }

    /// A second line of defence: no caller should log these at all.
    private static func isSecret(_ key: String) -> Bool {
        let key = key.lowercased()
        return ["password", "secret", "token", "authorization", "cookie", "private_key"].contains { key.contains($0) }
    }
}
