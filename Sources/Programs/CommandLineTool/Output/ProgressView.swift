import PlatformModel
import ServiceAPI

/// The live progress of a deployment: on a terminal one line per node, updated in place; elsewhere one line per change.
struct ProgressView: Sendable {
    private struct Line: Sendable {
        var object: String
        var status: String
        var message: String
        var since: Timestamp
        var at: Timestamp
    }

    private let isLive: Bool
    private let width: Int
    private let height: Int
    private let style: TextStyle
    private var lines: [Line] = []
    /// Lines on the terminal that may be written over.
    private var drawn = 0

    init(isLive: Bool, width: Int, height: Int, style: TextStyle) {
        self.isLive = isLive
        self.width = width
        self.height = height
        self.style = style
    }

    /// Takes an event in.
    /// - Returns: What to write; empty when nothing changed.
    mutating func update(_ event: DeploymentEvent) -> String {
        let object = event.object ?? "deployment", message = event.message ?? ""
        if let index = lines.firstIndex(where: { $0.object == object }) {
            if lines[index].status == event.status, lines[index].message == message { return "" }
            if lines[index].status == "pending" { lines[index].since = event.at }
            lines[index].status = event.status
            lines[index].message = message
            lines[index].at = event.at
        } else {
            lines.append(Line(object: object, status: event.status, message: message, since: event.at, at: event.at))
        }
        guard isLive, lines.count < height else { return changeLine(event.at, object, event.status, message) }
        return redraw()
    }

    private func changeLine(_ at: Timestamp, _ object: String, _ status: String, _ message: String) -> String {
        let clock = at.description.dropFirst(11).prefix(8)
        let text = "\(clock)  \(TextStyle.printable(object))  " + style(TextStyle.printable(status), TextStyle.color(of: status))
        return text + (message.isEmpty ? "" : "  \(TextStyle.printable(message))") + "\n"
    }

    private mutating func redraw() -> String {
        var text = drawn > 0 ? "\u{1b}[\(drawn)A" : ""
        let column = min(lines.map(\.object.count).max() ?? 0, max(10, width - 30))
        for line in lines {
            let object = TextStyle.fit(TextStyle.printable(line.object), column)
            let status = TextStyle.printable(line.status)
            var rest = line.message.isEmpty ? "" : "  \(TextStyle.printable(line.message))"
            if let time = duration(line) { rest = "  \(time)" + rest }
            let used = column + 2 + status.count
            text += "\r\u{1b}[2K" + object + String(repeating: " ", count: column - object.count + 2)
            text += style(status, TextStyle.color(of: line.status)) + TextStyle.fit(rest, max(0, width - used - 1)) + "\n"
        }
        drawn = lines.count
        return text
    }

    /// How long a thing that has ended took.
    private func duration(_ line: Line) -> String? {
        guard ["succeeded", "failed"].contains(line.status) else { return nil }
        let tenths = max(0, line.at.milliseconds - line.since.milliseconds) / 100
        return "\(tenths / 10).\(tenths % 10)s"
    }
}
