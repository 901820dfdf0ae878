/// How a failure is told: `error: ` and what is wrong, its details one per line.
struct ErrorReport {
    let host: CommandHost
    let withoutColor: Bool

    func write(_ failure: CommandFailure) {
        let style = TextStyle(isColored: host.terminal.isError && host.allowsColor(unless: withoutColor))
        var lines = [style("error:", .red) + " " + lines(failure.message).joined(separator: "\n")]
        lines += failure.details.flatMap(self.lines).map { "  " + $0 }
        host.writeError(lines.joined(separator: "\n") + "\n")
    }

    /// Lines stay lines; what else could move the cursor goes.
    private func lines(_ text: String) -> [String] {
        text.split(separator: "\n", omittingEmptySubsequences: false).map { TextStyle.printable(String($0)) }
    }
}
