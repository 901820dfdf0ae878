/// Rows under titles; on a terminal the widest columns give way until it fits.
struct Table: Sendable {
    var titles: [String]
    var rows: [[String]]

    /// `name  value` lines, without titles.
    static func fields(_ fields: [(String, String)]) -> Table { Table(titles: [], rows: fields.map { [$0.0, $0.1] }) }

    /// - Parameter width: Of the terminal; nil for no limit.
    func text(width limit: Int?, style: TextStyle) -> String {
        let cells = rows.map { $0.map(TextStyle.printable) }
        let count = ([titles] + cells).map(\.count).max() ?? 0
        var widths = (0..<count).map { column in
            ([titles] + cells).map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        if let limit { shrink(&widths, to: limit) }
        var lines: [String] = []
        if !titles.isEmpty { lines.append(style(line(titles, widths), .bold)) }
        for row in cells { lines.append(line(row, widths, style)) }
        return lines.map { $0 + "\n" }.joined()
    }

    private func shrink(_ widths: inout [Int], to limit: Int) {
        let gaps = 2 * max(0, widths.count - 1)
        while widths.reduce(gaps, +) > limit {
            guard let widest = widths.indices.max(by: { widths[$0] < widths[$1] }), widths[widest] > 8 else { return }
            widths[widest] -= 1
        }
    }

    private func line(_ cells: [String], _ widths: [Int], _ style: TextStyle? = nil) -> String {
        var text = ""
        for (column, cell) in cells.enumerated() {
            let shown = TextStyle.fit(cell, widths[column])
            text += style?(shown, column == 0 ? nil : TextStyle.color(of: cell)) ?? shown
            if column < cells.count - 1 { text += String(repeating: " ", count: widths[column] - shown.count + 2) }
        }
        while text.last == " " { text.removeLast() }
        return text
    }
}
