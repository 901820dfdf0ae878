import Planning
import PlatformModel

/// The difference of two sets for people, as a unified diff has it.
struct SetComparisonText: CustomStringConvertible {
    private let comparison: SetComparison
    private let from: String
    private let to: String
    private let style: TextStyle

    init(_ comparison: SetComparison, from: String, to: String, style: TextStyle) {
        self.comparison = comparison
        self.from = from
        self.to = to
        self.style = style
    }

    var description: String {
        var lines = [style("--- \(TextStyle.printable(from))", .red), style("+++ \(TextStyle.printable(to))", .green)]
        guard !comparison.isEmpty else { return (lines + ["", "They are the same."]).joined(separator: "\n") + "\n" }
        for entry in comparison.entries { lines += [""] + text(of: entry) }
        return lines.joined(separator: "\n") + "\n"
    }

    private func text(of entry: SetComparison.Entry) -> [String] {
        let type = entry.type.map { "  \(TextStyle.printable($0))" } ?? ""
        let title = style("\(entry.kind.rawValue) \(TextStyle.printable(entry.name))", .bold) + type
        switch entry.change {
        case .added: return [style("+   added", .green) + "  \(title)"]
        case .removed: return [style("-   removed", .red) + "  \(title)"]
        case .changed:
            return [style("~   changed", .yellow) + "  \(title)"]
                + entry.fields.flatMap { $0.lines(indent: "    ", style: style) }
        }
    }
}

extension InputChange {
    /// The path, then what was and what is, as a unified diff has it.
    func lines(indent: String, style: TextStyle) -> [String] {
        var lines = [indent + TextStyle.printable(path)]
        if let before { lines.append(indent + style("- " + TextStyle.printable(before.description), .red)) }
        if let after { lines.append(indent + style("+ " + TextStyle.printable(after.description), .green)) }
        return lines
    }
}
