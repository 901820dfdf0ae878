import PlatformModel
import YAML

/// Results to standard output in the form asked for; everything else to standard error.
struct Printer: Sendable {
    let format: OutputFormat
    let style: TextStyle
    private let errorStyle: TextStyle
    private let isQuiet: Bool
    private let host: CommandHost

    init(_ options: GlobalOptions, _ host: CommandHost) {
        self.host = host
        format = options.output ?? .table
        isQuiet = options.quiet
        style = TextStyle(isColored: host.terminal.isOutput && host.allowsColor(unless: options.noColor))
        errorStyle = TextStyle(isColored: host.terminal.isError && host.allowsColor(unless: options.noColor))
    }

    /// The API's body, or a table of it.
    func show(_ value: JSON, _ table: (JSON) -> Table) {
        guard format == .table else { return show(value) }
        host.write(table(value).text(width: host.terminal.isOutput ? host.terminal.width : nil, style: style))
    }

    /// The API's body, or lines of it.
    func show(_ value: JSON, text: (JSON) -> String) {
        guard format == .table else { return show(value) }
        host.write(text(value))
    }

    /// The API's body; as YAML where a table was asked for.
    func show(_ value: JSON) {
        host.write(format == .json ? JSONText.pretty(value) : YAMLWriter(firstKeys: ["id", "name", "type"]).text(of: value))
    }

    /// What happened; not with `--quiet`.
    func note(_ text: String) {
        if !isQuiet { host.writeError(text + "\n") }
    }

    /// A line of a list of things that were done: the result of the command. For machines a line of JSON each, or an entry of a YAML list.
    func done(_ thing: String, _ what: String) {
        let body: JSON = ["object": .string(thing), "status": .string(what)]
        switch format {
        case .table: host.write("\(thing) \(style(what, TextStyle.color(of: what)))\n")
        case .json: host.write(body.canonical + "\n")
        case .yaml: host.write(YAMLWriter(firstKeys: ["object"]).text(of: .array([body])))
        }
    }

    /// What takes a while, for whoever looks on: nothing in a log, where the result is enough.
    func waiting(for what: String) {
        if host.terminal.isError { note("\(what) ...") }
    }

    func warn(_ text: String) { host.writeError(errorStyle("warning:", .yellow) + " \(text)\n") }

    /// Where live progress goes; nil with `--quiet`.
    var progress: ProgressView? {
        isQuiet
            ? nil
            : ProgressView(
                isLive: host.terminal.isError && host.environment["TERM"] != "dumb", width: host.terminal.width,
                height: host.terminal.height, style: errorStyle)
    }
}

extension CommandHost {
    /// https://no-color.org: any value that is not empty.
    func allowsColor(unless flag: Bool) -> Bool {
        !flag && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
    }

    /// Asks for a yes.
    /// - Throws: Usage when nobody can be asked; failed for a no.
    func confirm(_ question: String, yes: Bool, refused: String = "nothing was deleted") throws(CommandFailure) {
        if yes { return }
        guard terminal.isInput else { throw .usage("there is no terminal to ask; give --yes") }
        writeError("\(question) [y/N] ")
        let answer = readLine(true)?.lowercased() ?? ""
        guard answer == "y" || answer == "yes" else { throw CommandFailure(.failed, refused) }
    }
}
