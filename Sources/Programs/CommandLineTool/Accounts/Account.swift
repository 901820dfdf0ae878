import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Account: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account",
        abstract: "Accounts that drivers work with: other credentials, a check, the types that there are.",
        discussion:
            "'martlet create account' makes one, 'martlet get accounts' lists them. A definition names one as driver_account.",
        subcommands: [AccountCheck.self, AccountCredentialsCommand.self, AccountTypes.self])
}

/// Credentials, never on the command line.
struct AccountCredentials: ParsableArguments {
    @Option(
        name: .customLong("credentials"),
        help: ArgumentHelp("A file with the credentials as a JSON object; '-' is standard input.", valueName: "file"),
        completion: .file()) var file: String

    private static let limit = 1 << 20

    func read(_ session: Session) throws(CommandFailure) -> JSON {
        var bytes: [UInt8]?
        if file == "-" {
            bytes = session.host.readInput(Self.limit)
        } else {
            do throws(LocalFile.Failure) { bytes = try LocalFile.read(file, limit: Self.limit) } catch {
                throw CommandFailure(.failed, error.description)
            }
        }
        // Without the parser's words, which may quote a secret.
        guard let bytes, let credentials = try? JSON.parse(bytes), credentials.object != nil else {
            throw .usage("'\(file)' is no JSON object with credentials, such as {\"username\": \"...\", \"password\": \"...\"}")
        }
        return credentials
    }
}

struct CreateAccount: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "account", abstract: "Keeps the credentials of an account that drivers work with.")

    @Argument(help: "The account's id; definitions name it as driver_account.") var id: String
    @Option(help: "Its type, such as aws; see 'martlet account types'.") var type: String
    @Option(help: "What people call it; default: the id.") var name: String?
    @OptionGroup var credentials: AccountCredentials
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let made = try await session.gateway.send(
            .post, try Noun.account.path(session),
            body: [
                "id": .string(id), "name": .string(name ?? id), "type": .string(type),
                "credentials": try credentials.read(session),
            ])
        session.printer.show(made) { _ in "account \(id) created\n" }
    }
}

struct AccountCredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Gives an account other credentials. What was made with the old ones stays as it is.")

    @Argument(help: "The account.") var id: String
    @OptionGroup var credentials: AccountCredentials
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let changed = try await session.gateway.send(
            .patch, try Noun.account.path(session) + "/\(HTTPCall.segment(id))",
            body: ["credentials": try credentials.read(session)])
        session.printer.show(changed) { _ in "account \(id) has other credentials\n" }
    }
}

struct AccountCheck: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Shows whose account it is, as far as that is no secret.")

    @Argument(help: "The account.") var id: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let path = try Noun.account.path(session) + "/\(HTTPCall.segment(id))/actions/check"
        session.printer.show(try await session.gateway.send(.post, path)) { check in
            let fields = (check["identity_fields"]?.array ?? []).map {
                "\($0["description"]?.string ?? ""): \($0["value"]?.string ?? "")"
            }
            let warnings = (check["warnings"]?.array ?? []).compactMap(\.string).map { "warning: \($0)" }
            return (fields + warnings).map { TextStyle.printable($0) + "\n" }.joined()
        }
    }
}

struct AccountTypes: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "types", abstract: "Lists the types of accounts, and what credentials each needs.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let types = try await session.gateway.get(try session.organization() + "/resources/account-types")
        session.printer.show(types) { list in
            let rows = (list.array ?? []).map { type in
                [
                    type["type"]?.string ?? "", type["name"]?.string ?? "",
                    (type["inputs_schema"]?["required"]?.array ?? []).compactMap(\.string).joined(separator: ", "),
                ]
            }
            return Table(titles: ["TYPE", "NAME", "CREDENTIALS"], rows: rows)
        }
    }
}
