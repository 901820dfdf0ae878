import ArgumentParser
import Planning
import PlatformModel
import Preview
import PureDrivers

struct ScoreRender: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "render",
        abstract: "Renders Score files and resource definitions to Kubernetes manifests, without a server.",
        discussion: """
            The same matching, graph, templates and profiles as a deployment's. Secrets stand as <secret:STORE:REF>; what only a \
            deployment can tell stands as <known-after-apply:RESOURCE.outputs.NAME>, unless --outputs gives it. The same files \
            give the same bytes every time.
            """)

    @Argument(help: "Score files, or folders of them; '-' for standard input.", completion: .file(extensions: ["yaml", "yml"]))
    var files: [String] = []
    @OptionGroup var offline: OfflineOptions
    @Option(
        name: [.customShort("o"), .customLong("output-dir")],
        help: ArgumentHelp(
            "Writes environment.yaml and workload-NAME.yaml there instead of one stream to standard output.", valueName: "folder"),
        completion: .directory) var outputFolder: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let host = CommandHost.current, printer = Printer(options, host)
        let project = try OfflineProject.read(files, offline, options, host)
        for warning in project.warnings { printer.warn(warning.description) }
        let preview = try project.render()
        let rendered = RenderedFiles(preview)
        host.leftovers.keep((project, preview, rendered))
        if let outputFolder {
            for file in rendered.files {
                let path = (outputFolder.hasSuffix("/") ? outputFolder : outputFolder + "/") + file.name
                do throws(LocalFile.Failure) { try LocalFile.write(rendered.text(of: file), to: path) } catch {
                    throw CommandFailure(.failed, error.writing)
                }
            }
            let count = rendered.objects.count
            printer.note("\(count) \(count == 1 ? "object" : "objects") in \(rendered.files.count) files in \(outputFolder)")
        } else if printer.format == .json {
            printer.show(.array(rendered.objects))
        } else {
            rendered.write(host.write)
        }
        note(
            preview.knownAfterApply.map { node in
                let isMissing = DriverName.isMissing(node.driverType)
                return "\(node.identity) (\(node.driverType)\(isMissing ? ", which is none of Martlet's drivers" : ""))"
            }, printer)
    }

    /// Names what only a deployment can tell.
    private func note(_ unknown: [String], _ printer: Printer) {
        guard !unknown.isEmpty else { return }
        let more = unknown.count > 10 ? ", and \(unknown.count - 10) more" : ""
        printer.note("known after a deployment only: \(unknown.prefix(10).joined(separator: ", "))\(more)")
    }
}
