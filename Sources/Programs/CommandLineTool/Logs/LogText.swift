import PlatformModel
import YAML

/// One line of a log.
struct LogText: Sendable {
    let format: OutputFormat
    let style: TextStyle
    /// Control characters of a container's output are for no terminal of ours; a file or pipe gets them as they are.
    let isTerminal: Bool

    /// - Parameter entry: Contract: OutputEntryResponse.
    func line(_ entry: JSON) -> String {
        switch format {
        case .json: return entry.canonical + "\n"
        case .yaml: return "---\n" + YAMLWriter().text(of: entry)
        case .table: break
        }
        func word(_ key: String) -> String? { entry[key]?.string.flatMap { $0.isEmpty ? nil : $0 } }
        let source = [word("workload_id"), word("container_id")].compactMap(\.self).joined(separator: "/")
        let payload = word("payload") ?? ""
        let color: TextStyle.Color? =
            switch word("level") {
            case "error": .red
            case "warning": .yellow
            default: nil
            }
        let head = [word("timestamp"), source.isEmpty ? nil : source].compactMap(\.self).map(TextStyle.printable)
        return style(head.joined(separator: " "), .gray) + " " + style(isTerminal ? TextStyle.printable(payload) : payload, color)
            + "\n"
    }
}
