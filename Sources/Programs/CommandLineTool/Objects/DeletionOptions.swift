import ArgumentParser

/// What commands that delete take.
struct DeletionOptions: ParsableArguments {
    @Flag(help: "Also deletes what holds data, such as databases with rows in them, and what is in use.") var force = false
    @Flag(help: "Does not ask.") var yes = false
    @Flag(inversion: .prefixedNo, help: "Waits until it is gone.") var wait = true
    @Option(help: "Seconds to wait.") var timeout = 600

    /// Shows what goes, asks, and deletes one object.
    func delete(_ noun: Noun, _ id: String, _ session: Session) async throws {
        let deletion = ObjectDeletion(session: session, force: force, timeout: .seconds(timeout))
        for line in try await deletion.preview(noun, id) { session.printer.note(line) }
        try session.host.confirm("Delete \(noun.rawValue) '\(id)'?", yes: yes)
        try await deletion.delete(noun, id, wait: wait)
    }
}
