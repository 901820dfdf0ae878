import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Delete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete",
        abstract:
            "Deletes an app, env, env-type, type, class, driver, def, profile, resource, value, secretstore, account, user, group, invitation, token or oidc-trust, or what files describe.",
        discussion: """
            Shows what will go and asks. An application or environment goes with its workloads and resources; the command waits until \
            they are gone. A user or group leaves the organisation with every role in it; the directory's entry stays.
            """)

    @Argument(
        help:
            "app, env, env-type, type, class, driver, def, profile, resource, value, secretstore, account, user, group, invitation, token or oidc-trust.",
        completion: .list([
            "app", "env", "env-type", "type", "driver", "def", "profile", "resource", "value", "secretstore", "account",
            "oidc-trust",
            "user", "group",
            "invitation",
            "token",
        ])) var noun: String?
    @Argument(help: "Which one; a resource as type.class#id.") var id: String?
    @Option(name: [.customShort("f"), .customLong("filename")], help: "A file, a folder, or '-'; may be repeated.")
    var files: [String] = []
    @OptionGroup var deletion: DeletionOptions
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        if !files.isEmpty {
            guard noun == nil else { throw CommandFailure.usage("give either -f or an object, not both") }
            let documents = try EntityReader.read(files, input: CommandHost.current.readInput)
            let session = try Session(options)
            try await EntityDeletion(
                session: session, force: deletion.force, yes: deletion.yes, wait: deletion.wait,
                timeout: .seconds(deletion.timeout)
            ).run(documents)
            return
        }
        guard let noun, let id else { throw CommandFailure.usage("what is to go? Give a kind and an id, or -f FILE") }
        try await deletion.delete(try Noun(word: noun), id, try Session(options))
    }
}
