import Planning
import PlatformModel

/// A plan for people: what is created, updated, replaced and deleted, which fields change, and how much stays.
struct PlanText: CustomStringConvertible {
    private struct Workload {
        var objects: [ManifestChange]
        var awaits: [String]
        var note: String?

        init(_ body: JSON) {
            objects = (body["objects"]?.array ?? []).compactMap { try? $0.decode(ManifestChange.self) }
            awaits = (body["awaits"]?.array ?? []).compactMap(\.string)
            note = body["note"]?.string
        }
    }

    private let plan: JSON
    private let style: TextStyle
    private let workloads: [String: Workload]

    init(_ plan: JSON, style: TextStyle) {
        self.plan = plan
        self.style = style
        let pairs = (plan["manifests"]?.array ?? []).map { ($0["workload"]?.string ?? "", Workload($0)) }
        workloads = Dictionary(pairs, uniquingKeysWith: { first, _ in first })
    }

    /// Whether a deployment of it would touch anything.
    var changesSomething: Bool { ["create", "update", "replace", "delete"].contains { count($0) > 0 } }

    var description: String {
        var lines = [head]
        lines += moved
        for node in plan["nodes"]?.array ?? [] where node["action"]?.string != "keep" { lines += [""] + entry(node) }
        for removal in plan["removals"]?.array ?? [] where removal["action"]?.string == "delete" {
            lines += [""] + entry(removal)
        }
        let unused = (plan["removals"]?.array ?? []).filter { $0["action"]?.string == "keep" }
        if !unused.isEmpty {
            lines += ["", "Nothing asks for these any more; they stay, unless --remove names them:"]
            lines += unused.map { "    \(word($0, "id"))  " + style(word($0, "reason"), .gray) }
        }
        lines += PlanOrderText(plan["order"] ?? [], style: style).lines
        if let note = plan["effects_note"]?.string { lines += ["", style(TextStyle.printable(note), .yellow)] }
        let limits = limits
        if !limits.isEmpty { lines += [""] + limits }
        return (lines + ["", totals]).joined(separator: "\n") + "\n"
    }

    /// What the plan makes of the limits of the organisation that there are.
    private var limits: [String] {
        (plan["limits"]?.array ?? []).compactMap { try? $0.decode(LimitUse.self) }.compactMap { use in
            guard let limit = use.limit, let planned = use.planned else { return nil }
            let line =
                "\(use.id.word): \(use.used.map { use.id.text(of: $0) } ?? "-") -> \(use.id.text(of: planned)) of "
                + "\(use.id.text(of: limit)) that the organization may use"
            return use.allows(planned) ? line : style(line + ": a deployment of it is refused", .red)
        }
    }

    private var head: String {
        let comment = word(plan, "comment")
        return style("plan \(word(plan, "id"))", .bold)
            + " for \(word(plan, "app_id"))/\(word(plan, "env_id")), \(word(plan, "mode"))"
            + (comment.isEmpty ? "" : ": \(comment)")
    }

    /// Of an older plan: why it cannot be deployed any more, or that it was.
    private var moved: [String] {
        var lines: [String] = []
        if let id = plan["deployment_id"]?.string { lines.append("deployed as \(TextStyle.printable(id))") }
        guard plan["holds"] == false else { return lines }
        lines.append(style("It no longer holds:", .red))
        return lines
            + (plan["moved"]?.array ?? []).compactMap { try? $0.decode(PlanMove.self) }
            .map { "    \(TextStyle.printable($0.description))" }
    }

    private func entry(_ node: JSON) -> [String] {
        let action = word(node, "action"), definition = word(node, "definition")
        let name = workload(node)
        let title = name.map { "workload \($0)" } ?? word(node, "id")
        var lines = [
            style(Self.mark(action), Self.color(action)) + "\(action)  " + style(title, .bold)
                + (definition.isEmpty ? "" : "  \(definition)")
        ]
        lines.append("    " + style(word(node, "reason"), .gray))
        let objects = name.flatMap { workloads[$0] }
        // The fields of a workload's spec are seen again in its objects, as they come to be there.
        if objects?.objects.isEmpty ?? true {
            lines += (node["changes"]?.array ?? []).compactMap { try? $0.decode(InputChange.self) }.flatMap {
                $0.lines(indent: "    ", style: style)
            }
        }
        if let effects = try? node["effects"]?.decode(PlannedEffects.self) {
            lines += told(effects, driver: word(node, "driver"))
        }
        return lines + (objects.map(manifests) ?? [])
    }

    /// What the driver says that it would do.
    private func told(_ effects: PlannedEffects, driver: String) -> [String] {
        guard effects.isKnown else {
            let words = [effects.code, effects.reason].compactMap { $0 }.map(TextStyle.printable).joined(separator: " ")
            return ["    " + style("in detail not known: \(words)", .yellow)]
        }
        let counts = [
            (effects.create, "create"), (effects.update, "update"), (effects.replace, "replace"), (effects.delete, "delete"),
        ].filter { $0.0 > 0 }.map { "\($0.0) to \($0.1)" }
        let head = counts.isEmpty ? "nothing to change" : counts.joined(separator: ", ")
        var lines = ["    " + style((driver.isEmpty ? "" : driver + ": ") + head, .gray)]
        for effect in effects.effects.prefix(Self.shownEffects) {
            let action = effect.action.rawValue, isPlain = ["import", "move", "forget"].contains(action)
            let mark = isPlain ? "\(action) " : style(Self.mark(action), Self.color(action))
            lines.append("        " + mark + TextStyle.printable(effect.object))
        }
        let all = max(effects.effects.count, effects.create + effects.update + effects.replace + effects.delete)
        if all > Self.shownEffects { lines.append("        " + style("and \(all - Self.shownEffects) more", .gray)) }
        return lines
    }

    /// Of one resource.
    private static let shownEffects = 20

    private func manifests(_ workload: Workload) -> [String] {
        var lines: [String] = []
        for object in workload.objects {
            let action = object.action.rawValue
            lines.append("    " + style(Self.mark(action), Self.color(action)) + TextStyle.printable(object.object))
            lines += object.changes.flatMap { $0.lines(indent: "        ", style: style) }
        }
        if let note = workload.note {
            lines.append("    " + style(TextStyle.printable(note), .yellow))
        } else if !workload.awaits.isEmpty {
            let first = workload.awaits.prefix(3).map(TextStyle.printable).joined(separator: ", ")
            let more = workload.awaits.count > 3 ? " and \(workload.awaits.count - 3) more" : ""
            let verb = workload.awaits.count == 1 ? "is" : "are"
            lines.append("    " + style("may differ more once \(first)\(more) \(verb) done", .gray))
        }
        return lines
    }

    private var totals: String {
        let kept = count("keep")
        guard changesSomething else { return "Nothing to do: \(kept) kept." }
        let parts = ["create", "update", "replace", "delete"].filter { count($0) > 0 }.map { "\(count($0)) to \($0)" }
        return parts.joined(separator: ", ") + "; \(kept) kept."
    }

    private func count(_ action: String) -> Int { plan["totals"]?[action]?.int ?? 0 }

    /// The name of the workload that a node stands for.
    private func workload(_ node: JSON) -> String? {
        guard node["type"]?.string == "workload", let id = node["res_id"]?.string, id.hasPrefix("modules.") else { return nil }
        return TextStyle.printable(String(id.dropFirst("modules.".count)))
    }

    private func word(_ value: JSON, _ key: String) -> String { TextStyle.printable(value[key]?.string ?? "") }

    private static func mark(_ action: String) -> String {
        switch action {
        case "create": "+   "
        case "update": "~   "
        case "replace": "-/+ "
        default: "-   "
        }
    }

    private static func color(_ action: String) -> TextStyle.Color {
        switch action {
        case "create": .green
        case "update": .yellow
        default: .red
        }
    }
}
