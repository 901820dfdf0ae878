import ArgumentParser
import Glibc
import PlatformModel

/// `martlet`: what teams, CI and platform engineers use. Knows only the public API.
///
/// Each command says its name: the parser would make it of the type's, which takes longer than to render a small project.
package struct CommandLineTool: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "martlet", abstract: "Deploys Score files, and shows why and how.",
        discussion: """
            Settings come from flags, then MARTLET_URL, MARTLET_CA, MARTLET_ORG, MARTLET_APP, MARTLET_ENV and MARTLET_TOKEN, then the \
            configuration file that 'martlet login' writes.
            Exit codes: 0 done, 1 failed, 2 usage, 3 not found, 4 denied, 5 conflict, 6 timeout.
            """,
        version: "martlet 0.1",
        groupedSubcommands: [
            CommandGroup(
                name: "Session", subcommands: [Login.self, Logout.self, WhoAmI.self, Sessions.self, ExchangeToken.self]),
            CommandGroup(name: "People", subcommands: [Invite.self, RoleCommand.self, AuditLogs.self]),
            CommandGroup(
                name: "Objects",
                subcommands: [
                    Get.self, Create.self, Apply.self, Delete.self, Value.self, SecretStore.self, Account.self, Impact.self,
                    Limits.self,
                ]),
            CommandGroup(
                name: "Deployments",
                subcommands: [
                    Env.self, Score.self, Plan.self, Deploy.self, Rollback.self, RolloutCommand.self, Retry.self, Cancel.self,
                    Steps.self, Explain.self, Graph.self, Resources.self, Drift.self, Collect.self, Detach.self, Logs.self,
                ]),
            CommandGroup(name: "Without a server", subcommands: [Definition.self]),
        ])

    package init() {}

    /// Runs the program and ends the process.
    package static func main() async {
        Glibc.exit(await run(Array(CommandLine.arguments.dropFirst()), host: .process).rawValue)
    }

    /// Runs one command line.
    /// - Returns: What the process exits with.
    package static func run(_ arguments: [String], host: CommandHost) async -> CommandStatus {
        let status = await CommandHost.$current.withValue(host) { await runHere(arguments, host) }
        await host.connections.close()
        return status
    }

    private static func runHere(_ arguments: [String], _ host: CommandHost) async -> CommandStatus {
        do {
            try checkVerb(arguments)
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            return .done
        } catch let failure as CommandFailure {
            ErrorReport(host: host, withoutColor: arguments.contains("--no-color")).write(failure)
            return failure.status == .usage ? .usage(arguments) : failure.status
        } catch is ChangesPlanned {
            return .changes
        } catch {
            let code = exitCode(for: error)
            var text = fullMessage(for: error)
            if text.hasPrefix("Error: ") { text = "error: " + text.dropFirst("Error: ".count) }
            guard code.isSuccess else {
                host.writeError(text.hasSuffix("\n") ? text : text + "\n")
                return code == .validationFailure ? .usage(arguments) : .failed
            }
            host.write(text.hasSuffix("\n") ? text : text + "\n")
            return .done
        }
    }

    /// The parser calls a misspelt verb an unexpected argument.
    private static func checkVerb(_ arguments: [String]) throws(CommandFailure) {
        let verbs = configuration.subcommands.map { $0._commandName } + ["help"]
        guard let verb = arguments.first, !verb.hasPrefix("-"), !verbs.contains(verb) else { return }
        let nearest = nearestName(to: verb, among: verbs).map { "; did you mean '\($0)'?" } ?? ""
        throw .usage("there is no command '\(verb.prefix(200))'\(nearest) See 'martlet --help'")
    }
}

/// What the process exits with; part of the contract with scripts.
package enum CommandStatus: Int32, Sendable {
    case done = 0
    case failed, usage, notFound, denied, conflict, timeout

    /// Of `plan --detailed-exitcode`, as with Terraform: there is something to do.
    package static let changes = usage

    /// The status of a command line that cannot be understood: not to be taken for changes where these have the same number.
    fileprivate static func usage(_ arguments: [String]) -> CommandStatus {
        arguments.contains("--detailed-exitcode") ? .failed : .usage
    }
}
