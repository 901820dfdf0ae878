import PlatformModel

/// The words of one match: the winner and what decided, then each loser with its one reason.
enum ExplanationText {
    static func text(_ match: JSON, style: TextStyle) -> String {
        var lines = [style(TextStyle.printable(match["resource"]?.string ?? ""), .bold)]
        if let winner = match["winner"], winner.object != nil {
            let decided = winner["decided_by"]?.string.map { ", decided by \($0)" } ?? ", the only one"
            lines.append(
                "  " + style("from", .green)
                    + " \(word(winner, "def_id"))  (criterion \(word(winner, "criteria_id")), rank \(winner["rank"]?.int ?? 0)\(decided))"
            )
            if let verdict = winner["verdict"]?.string { lines.append("       \(TextStyle.printable(verdict))") }
        } else {
            lines.append("  " + style("no definition matches", .red))
        }
        for loser in match["others"]?.array ?? [] {
            lines.append(
                "  " + style("not", .gray) + "  \(word(loser, "def_id"))  \(word(loser, "field")): \(word(loser, "verdict"))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func word(_ value: JSON, _ key: String) -> String { TextStyle.printable(value[key]?.string ?? "-") }
}
