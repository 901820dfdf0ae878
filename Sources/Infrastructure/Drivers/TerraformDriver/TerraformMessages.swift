import PlatformModel

/// What Terraform says in its machine-readable lines (`-json`, "Machine-Readable UI"), and what else is printed.
struct TerraformMessages: Sendable {
    /// A planned change of one resource or output.
    struct Planned: Sendable, Hashable {
        var address: String
        /// `create`, `update`, `replace`, `delete`, `move`, `import`.
        var action: String
    }

    /// Errors, as they are told.
    private(set) var errors: [String] = []
    private(set) var planned: [Planned] = []
    /// The same for people, counted beyond what is kept.
    private(set) var effects = PlannedEffects()
    /// Outputs that change though nothing else does: their values are saved in the state, and handed on.
    private(set) var outputsAlone: [Planned] = []
    /// Where the real system is not what the state says.
    private(set) var drifted: [Planned] = []
    /// What was printed beside the messages: the last lines.
    private(set) var lines: [String] = []

    private static let keptErrors = 20, keptLines = 40, keptChanges = 1000, longestLine = 300

    /// - Returns: what people see of it: progress, and whether it is worth a line of the log.
    mutating func take(_ line: String) -> (progress: String?, log: String?) {
        guard line.hasPrefix("{"), let message = (try? JSON.parse(line))?.object, let type = message["type"]?.string else {
            return plain(line)
        }
        let text = Self.cut(message["@message"]?.string ?? type)
        switch type {
        case "diagnostic":
            guard let diagnostic = message["diagnostic"] else { return (nil, nil) }
            let told = Self.told(diagnostic)
            if diagnostic["severity"]?.string == "error" {
                if errors.count < Self.keptErrors { errors.append(told) }
                return (nil, "error: " + Self.cut(told))
            }
            return (nil, "warning: " + Self.cut(told))
        case "planned_change":
            remember(message["change"], in: \.planned)
            foresee(message["change"])
        case "resource_drift": remember(message["change"], in: \.drifted)
        case "apply_start", "apply_complete", "apply_errored", "provision_errored", "change_summary": return (text, text)
        case "provision_progress": return (nil, text)
        // After all planned changes. The values of outputs are never read here.
        case "outputs": foreseeOutputs(message["outputs"])
        // What only repeats.
        default: break
        }
        return (nil, nil)
    }

    private mutating func plain(_ line: String) -> (progress: String?, log: String?) {
        let line = Self.cut(line)
        guard line.contains(where: { !$0.isWhitespace }) else { return (nil, nil) }
        lines.append(line)
        if lines.count > Self.keptLines { lines.removeFirst() }
        return (nil, line)
    }

    private mutating func remember(_ change: JSON?, in list: WritableKeyPath<TerraformMessages, [Planned]>) {
        guard let change, let action = change["action"]?.string, action != "noop", action != "read",
            let address = change["resource"]?["addr"]?.string, self[keyPath: list].count < Self.keptChanges
        else { return }
        self[keyPath: list].append(Planned(address: Self.cut(address), action: Self.cut(action)))
    }

    private mutating func foresee(_ change: JSON?) {
        guard let address = change?["resource"]?["addr"]?.string, let action = Self.effect(change?["action"]?.string ?? "") else {
            return
        }
        effects.add(PlannedEffects.Effect(address, action))
    }

    /// Where something real changes, its outputs follow from it and are not told, too.
    private mutating func foreseeOutputs(_ outputs: JSON?) {
        guard effects.effects.isEmpty else { return }
        for (name, output) in (outputs?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let word = output["action"]?.string, let action = Self.effect(word), outputsAlone.count < Self.keptChanges
            else {
                continue
            }
            outputsAlone.append(Planned(address: "output." + Self.cut(name), action: Self.cut(word)))
            effects.add(PlannedEffects.Effect("output." + name, action))
        }
    }

    /// Nil for what changes nothing. An action of a later version is told as an update.
    private static func effect(_ action: String) -> PlannedEffects.Action? {
        switch action {
        case "noop", "read": nil
        // `removed` with `destroy = false`.
        case "remove": .forget
        default: PlannedEffects.Action(rawValue: action) ?? .update
        }
    }

    /// `main.tf:3: Unsupported argument: An argument named "x" is not expected here. (in terraform_data.a)`.
    private static func told(_ diagnostic: JSON) -> String {
        var text = ""
        if let range = diagnostic["range"], let file = range["filename"]?.string {
            text += file + (range["start"]?["line"]?.int.map { ":\($0)" } ?? "") + ": "
        }
        text += diagnostic["summary"]?.string ?? "an error without words"
        if let detail = diagnostic["detail"]?.string, !detail.isEmpty { text += ": " + detail }
        if let address = diagnostic["address"]?.string, !address.isEmpty { text += " (in \(address))" }
        return String(text.split(whereSeparator: \.isWhitespace).joined(separator: " ").prefix(2000))
    }

    private static func cut(_ line: String) -> String {
        line.utf8.count <= longestLine ? line : String(decoding: line.utf8.prefix(longestLine - 12), as: UTF8.self) + "..."
    }
}
