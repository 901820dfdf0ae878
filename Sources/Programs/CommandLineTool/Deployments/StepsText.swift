import PlatformModel

/// The steps of a deployment for people.
struct StepsText {
    private let steps: [DeploymentStep]

    init(_ steps: JSON) { self.steps = (steps.array ?? []).compactMap { try? $0.decode(DeploymentStep.self) } }

    var isEmpty: Bool { steps.isEmpty }

    /// - Parameter width: Of the terminal; nil for no limit.
    func table(width: Int?, style: TextStyle) -> String {
        let rows = steps.map { step in
            [step.object, step.verb, step.state, step.attempt > 1 ? String(step.attempt) : "", Self.because(step)]
        }
        let table = Table(titles: ["OBJECT", "STEP", "STATE", "ATTEMPT", "BECAUSE OF"], rows: rows)
        return table.text(width: width, style: style) + remedies.map { "\n" + TextStyle.printable($0) + "\n" }.joined()
    }

    /// What stands, what failed, what was skipped because of what, and what to do next; one line each.
    var report: [String] {
        let done = steps.filter { $0.state == "succeeded" && $0.verb != "plan" }
        var lines: [String] = []
        if !done.isEmpty { lines.append("done, and stays: " + Self.named(done)) }
        for step in steps where step.state == "failed" || step.state == "unknown" {
            let attempt = step.attempt > 1 ? " (attempt \(step.attempt))" : ""
            lines.append("\(step.state): \(step.verb) \(step.object)\(attempt)")
        }
        let skipped = Dictionary(grouping: steps.filter { $0.state == "skipped" }, by: \.because)
        for (because, steps) in skipped.sorted(by: { $0.key.joined() < $1.key.joined() }) {
            let cause = because.isEmpty ? "since the deployment was stopped" : "because of " + because.joined(separator: ", ")
            lines.append("skipped \(cause): \(Self.named(steps))")
        }
        return lines + remedies
    }

    /// The same of a deletion that was cancelled.
    var deletionReport: [String] {
        let parts = steps.filter { $0.verb == "destroy" || $0.verb == "remove" }
        func line(_ title: String, _ states: Set<String>) -> [String] {
            let some = parts.filter { states.contains($0.state) }
            return some.isEmpty ? [] : ["\(title): " + Self.named(some)]
        }
        return line("gone", ["succeeded"]) + line("told to stop, and perhaps half gone", ["failed", "unknown"])
            + line("as before", ["skipped"]) + remedies
    }

    private var remedies: [String] {
        steps.compactMap { step in step.remedy.map { "\(step.object): \($0)" } }
    }

    private static func because(_ step: DeploymentStep) -> String {
        guard step.state == "skipped" else { return "" }
        return step.because.isEmpty ? "the deployment was stopped" : step.because.joined(separator: ", ")
    }

    /// The first few, and how many more.
    private static func named(_ steps: [DeploymentStep]) -> String {
        var seen: Set<String> = []
        let objects = steps.map(\.object).filter { seen.insert($0).inserted }
        let rest = objects.count - shown
        return objects.prefix(shown).joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    private static let shown = 10
}
