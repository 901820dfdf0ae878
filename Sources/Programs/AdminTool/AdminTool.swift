import ArgumentParser
import Glibc
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// `martlet-admin`: what root does on the host.
package struct AdminTool: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "martlet-admin", abstract: "Sets up and looks after a Martlet host. For root.",
        subcommands: [
            AuditCommand.self, Backup.self, MakeBackupKey.self, Bootstrap.self, BreakGlassCommand.self, Doctor.self,
            LDAPCommand.self, Migrate.self, Org.self, Prepare.self,
            Restore.self, RoleCommand.self, Setup.self, SignInCommand.self,
        ])

    package init() {}

    /// Runs the program and ends the process: 0 done, 1 failed, 2 wrong usage or configuration.
    package static func main() async { Glibc.exit(await run(Array(CommandLine.arguments.dropFirst()))) }

    private static func run(_ arguments: [String]) async -> Int32 {
        do {
            var command = try parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand { try await command.run() } else { try command.run() }
            return 0
        } catch let error as ConfigError {
            StandardError.write("\(error)\n")
            return 2
        } catch let error as ErrorBody {
            StandardError.write("error: \(error.error): \(error.message)\n")
            return 1
        } catch {
            let code = exitCode(for: error)
            var text = fullMessage(for: error)
            if text.hasPrefix("Error: ") { text = "error: " + text.dropFirst("Error: ".count) }
            if code.isSuccess { print(text) } else { StandardError.write(text + "\n") }
            return code.isSuccess ? 0 : code == .validationFailure ? 2 : 1
        }
    }
}

/// What every command needs.
struct AdminOptions: ParsableArguments {
    @Option(help: "The configuration file.")
    var config = "/etc/martlet/admin.yaml"

    func load() throws -> AdminConfiguration {
        try ConfigReader.read(AdminConfiguration.self, path: config)
    }

    var logger: Logger {
        var logger = Logger(label: "martlet-admin") { JSONLineHandler(label: $0, level: .warning) }
        logger.logLevel = .warning
        return logger
    }
}

struct Migrate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Brings the database to this version's schema.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await Self.migrate(try options.load(), options.logger)
    }

    static func migrate(_ configuration: AdminConfiguration, _ logger: Logger) async throws {
        let migrator = Migrator(
            PostgresConfiguration(dsn: configuration.database, applicationName: "martlet-admin"),
            folder: configuration.migrations, logger: logger)
        let applied = try await migrator.migrate()
        print(applied.isEmpty ? "the schema is up to date" : applied.map { "applied \($0)" }.joined(separator: "\n"))
    }
}

struct Bootstrap: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes the broker's root key and the database's roles and schemas. Safe to repeat.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let configuration = try options.load()
        let made = try RootKey.ensure(at: configuration.rootKeyFile, owner: configuration.rootKeyOwner)
        print(made ? "made the root key \(configuration.rootKeyFile)" : "the root key is there")
        try await Migrate.migrate(configuration, options.logger)
    }
}
