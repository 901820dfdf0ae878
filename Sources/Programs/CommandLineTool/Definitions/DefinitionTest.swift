import ArgumentParser
import PlatformModel
import Preview

struct DefinitionTest: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test", abstract: "Renders one resource definition with given inputs, without a server.",
        discussion: """
            The inputs' file may have: params (.resource), context (res_id, class), values (shared values), outputs (of the resources \
            that it refers to: TYPE[.CLASS][#ID]: {NAME: VALUE}; of a selector, A>B or A<B, a list of them), placeholders (what one \
            stands for whatever else is given: context.env.id: dev), secrets (texts in the place of driver_inputs.secret_refs), \
            account (the credentials of driver_account), cookie. The names that humctl has, resource and secretRefs, are understood. \
            Secrets are never shown. With --expect the command fails where the result is another; '***' stands for any secret there.
            """)

    @Argument(help: "A file with the definition.", completion: .file(extensions: ["yaml", "yml"])) var file: String
    @Option(help: ArgumentHelp("Which definition, where the file has several.", valueName: "definition")) var id: String?
    @Option(help: ArgumentHelp("A YAML file with the inputs.", valueName: "file"), completion: .file()) var inputs: String?
    @Option(help: ArgumentHelp("A YAML file with the expected result, or parts of it.", valueName: "file"), completion: .file())
    var expect: String?
    @Flag(help: "Shows the inputs that the definition reads, to be filled in, and tries nothing.") var generate = false
    @OptionGroup var place: PlaceOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let host = CommandHost.current, printer = Printer(options, host)
        let place = try OfflinePlace(options, place, host)
        let (definition, types, origins) = try chosen(place.context.orgID, host)
        guard !generate else { return printer.show(DefinitionInputs.blank(for: definition)) }
        do throws(PreviewProblems) {
            var inputs =
                try self.inputs.map { (file) throws(PreviewProblems) in
                    try DefinitionInputs(try OfflinePlace.document(file), file: file)
                } ?? DefinitionInputs()
            inputs.values.merge(place.values) { own, _ in own }
            let trial = try DefinitionTrial.run(
                definition, inputs, place.outputs, in: place.context, place.randomness, types: types)
            let expected = try expect.map { (file) throws(PreviewProblems) in try OfflinePlace.document(file) }
            printer.show(trial.shown)
            guard let expected else { return }
            let differences = trial.differences(from: expected)
            guard differences.isEmpty else {
                throw PreviewProblems(
                    differences.map { Problem(code: "RENDER-104", file: expect, path: $0.path, message: $0.message) })
            }
            printer.note("as expected by \(expect ?? "")")
        } catch { throw CommandFailure(preview: error, origins) }
    }

    private func chosen(
        _ orgID: String, _ host: CommandHost
    ) throws(CommandFailure) -> (ResourceDefinition, [ResourceType], [String: DefinitionOrigin]) {
        let folder = try DefinitionFolder.read([file], orgID: orgID, input: host.readInput)
        let all = folder.definitions
        let names = all.map(\.id)
        guard let id else {
            guard all.count == 1, let only = all.first else {
                throw .usage(
                    all.isEmpty ? "'\(file)' has no definition" : "which of them? Give --id: \(names.joined(separator: ", "))")
            }
            return (only, folder.types, folder.origins)
        }
        guard let found = all.first(where: { $0.id == id }) else {
            let nearest = nearestName(to: id, among: names).map { "; did you mean '\($0)'?" } ?? ""
            throw CommandFailure(.notFound, "'\(file)' has no definition '\(id)'\(nearest)")
        }
        return (found, folder.types, folder.origins)
    }
}
