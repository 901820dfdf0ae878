import PlatformModel

/// A report of drift for people: what is not as it should be with its fields, and how much is.
struct DriftText: CustomStringConvertible {
    private let report: JSON
    private let style: TextStyle

    init(_ report: JSON, style: TextStyle) {
        self.report = report
        self.style = style
    }

    static func isDrifted(_ report: JSON) -> Bool {
        ["drifted", "missing"].contains { (report["totals"]?[$0]?.int ?? 0) > 0 }
    }

    var description: String {
        var lines = [
            style("drift report \(word(report, "id"))", .bold) + " of \(word(report, "env_id")), \(word(report, "status"))"
        ]
        for finding in report["findings"]?.array ?? [] where finding["state"] != "in_sync" { lines += [""] + entry(finding) }
        lines += ["", Self.found(report)]
        if let message = report["message"]?.string { lines.append(TextStyle.printable(message)) }
        if let id = report["deployment_id"]?.string { lines.append("repaired by deployment \(TextStyle.printable(id))") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// `2 in sync, 1 drifted`.
    static func found(_ report: JSON) -> String {
        let totals = states.compactMap { state, words in
            (report["totals"]?[state]?.int).flatMap { $0 > 0 ? "\($0) \(words)" : nil }
        }
        return totals.isEmpty ? "nothing stands there" : totals.joined(separator: ", ")
    }

    private static let states = [
        ("in_sync", "in sync"), ("drifted", "drifted"), ("missing", "missing"), ("cannot_tell", "not to tell"),
        ("failed", "not looked at"),
    ]

    private func entry(_ finding: JSON) -> [String] {
        let state = finding["state"]?.string ?? ""
        let words = Self.states.first { $0.0 == state }?.1 ?? state
        var head = "\(word(finding, "object"))  " + style(words, Self.color(of: state))
        if finding["must_be_replaced"] == true { head += " (only to be destroyed and made anew)" }
        var lines = [head]
        if let reason = finding["reason"]?.string {
            let code = finding["code"]?.string.map { "\($0) " } ?? ""
            lines.append("    " + TextStyle.printable(code + reason))
        }
        lines += (finding["changes"]?.array ?? []).compactMap { try? $0.decode(FieldChange.self) }.map { change in
            "    " + TextStyle.printable(change.description)
        }
        return lines
    }

    private static func color(of state: String) -> TextStyle.Color? {
        switch state {
        case "drifted", "missing": .yellow
        case "failed": .red
        default: .gray
        }
    }

    private func word(_ value: JSON, _ key: String) -> String { TextStyle.printable(value[key]?.string ?? "") }
}
