import PlatformModel

/// A rollout for people: what happens where, batch by batch.
struct RolloutText: CustomStringConvertible {
    private let rollout: JSON
    private let style: TextStyle

    init(_ rollout: JSON, style: TextStyle) {
        self.rollout = rollout
        self.style = style
    }

    private var targets: [JSON] { rollout["targets"]?.array ?? [] }

    var deploysSomething: Bool { targets.contains { $0["state"]?.string == "planned" } }

    /// `definition postgres-dev`.
    static func subject(of rollout: JSON) -> String {
        if let id = rollout["definition_id"]?.string { return "definition \(TextStyle.printable(id))" }
        return "profile \(TextStyle.printable(rollout["profile_id"]?.string ?? ""))"
    }

    /// `shop/development`.
    static func place(_ target: JSON) -> String {
        TextStyle.printable("\(target["app_id"]?.string ?? "")/\(target["env_id"]?.string ?? "")")
    }

    /// One line for each environment.
    static func lines(_ rollout: JSON, style: TextStyle) -> [(place: String, line: String)] {
        let targets = rollout["targets"]?.array ?? []
        let width = targets.map { place($0).count }.max() ?? 0
        return targets.map { target in
            let name = place(target), state = target["state"]?.string ?? ""
            let gap = String(repeating: " ", count: width - name.count)
            let reason = TextStyle.printable(target["reason"]?.string ?? "")
            return (name, "\(name)\(gap)  \(style(state, TextStyle.color(of: state)))" + (reason.isEmpty ? "" : "  \(reason)"))
        }
    }

    var description: String {
        let version = rollout["version"]?.string.map { ", version \(TextStyle.printable($0))" } ?? ""
        let replaces = rollout["replaces"]?.string.map { " in place of \(TextStyle.printable($0))" } ?? ""
        var lines = [
            style("rollout \(TextStyle.printable(rollout["id"]?.string ?? ""))", .bold)
                + " of the \(Self.subject(of: rollout))\(version)\(replaces)"
        ]
        let planned = targets.filter { $0["state"]?.string == "planned" }
        for (batch, members) in Dictionary(grouping: planned, by: { $0["batch"]?.int ?? 0 }).sorted(by: { $0.key < $1.key }) {
            lines += ["", style("batch \(batch)", .bold) + "  \(TextStyle.printable(members.first?["env_type"]?.string ?? ""))"]
            for target in members {
                lines.append("    \(Self.place(target))  \(Self.changes(target["totals"]))")
                for name in target["losing"]?.array ?? [] {
                    lines.append("        " + style("replaces or removes \(TextStyle.printable(name.string ?? ""))", .red))
                }
            }
        }
        let others = targets.filter { ["unchanged", "left out"].contains($0["state"]?.string ?? "") }
        if !others.isEmpty {
            lines += ["", "Not deployed:"]
            lines += others.map { target in
                let state = target["state"]?.string ?? "", reason = TextStyle.printable(target["reason"]?.string ?? "")
                return "    \(Self.place(target))  " + style(state + (reason.isEmpty ? "" : ": \(reason)"), .gray)
            }
        }
        lines += ["", planned.isEmpty ? "Nothing to deploy." : "\(planned.count) to deploy; \(others.count) not."]
        return lines.joined(separator: "\n") + "\n"
    }

    private static func changes(_ totals: JSON?) -> String {
        ["create", "update", "replace", "delete", "keep"].compactMap { key in
            guard let count = totals?[key]?.int, count > 0 else { return nil }
            return key == "keep" ? "\(count) kept" : "\(count) to \(key)"
        }.joined(separator: ", ")
    }
}
