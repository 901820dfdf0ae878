import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct SecretStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secretstore", abstract: "Checks a secret store of the organisation's own, and changes how it signs in.",
        discussion: "'martlet create secretstore' makes one, 'martlet get secretstores' lists them.",
        subcommands: [SecretStoreCheckCommand.self, SecretStoreAuth.self])
}

struct SecretStoreCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Connects to a store, signs in and looks at its mount, step by step.")

    @Argument(help: "The store.") var id: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let path = try Noun.secretstore.path(session) + "/\(HTTPCall.segment(id))/actions/check"
        let check = try await session.gateway.send(.post, path, timeout: .seconds(120))
        session.printer.show(check) { check in
            (check["steps"]?.array ?? []).map { step in
                let mark = step["ok"] == true ? "ok  " : "FAIL"
                return TextStyle.printable("\(mark)  \(step["step"]?.string ?? ""): \(step["message"]?.string ?? "")") + "\n"
            }.joined()
        }
        if let failed = check["steps"]?.array?.first(where: { $0["ok"] != true }) {
            throw CommandFailure(.failed, "the secret store '\(id)' cannot be used: \(failed["step"]?.string ?? "")")
        }
    }
}

/// What signs in at a store, never on the command line.
struct SecretStoreSignIn: ParsableArguments {
    @Flag(help: "Signs in with a token, which is asked for or read from standard input.") var withToken = false
    @Option(help: ArgumentHelp("Signs in with AppRole; its secret id is asked for or read from standard input.", valueName: "id"))
    var roleID: String?

    private static let limit = 16 << 10

    func auth(_ session: Session) throws(CommandFailure) -> JSON {
        guard withToken != (roleID != nil) else { throw .usage("how does it sign in? Give --with-token, or --role-id ID") }
        let secret = try secret(withToken ? "token" : "secret id", session)
        guard let roleID else { return ["token": .string(secret)] }
        return ["role_id": .string(roleID), "secret_id": .string(secret)]
    }

    private func secret(_ what: String, _ session: Session) throws(CommandFailure) -> String {
        if session.host.terminal.isInput {
            session.host.writeError("\(what): ")
            if let line = session.host.readLine(false), !line.isEmpty { return line }
        } else if let bytes = session.host.readInput(Self.limit), let text = String(validating: bytes, as: UTF8.self) {
            let line = text.prefix { !$0.isNewline }
            if !line.isEmpty { return String(line) }
        }
        throw .usage("no \(what) was given")
    }
}

struct SecretStoreAuth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "auth", abstract: "Gives a store another token, or another AppRole.")

    @Argument(help: "The store.") var id: String
    @OptionGroup var signIn: SecretStoreSignIn
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let path = try Noun.secretstore.path(session) + "/\(HTTPCall.segment(id))"
        let made = try await session.gateway.send(.patch, path, body: ["vault": ["auth": try signIn.auth(session)]])
        session.printer.show(made) { _ in "secret store \(id) signs in anew; see 'martlet secretstore check \(id)'\n" }
    }
}

struct CreateSecretStore: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secretstore", abstract: "Names a Vault or OpenBao server that secrets are read from.",
        discussion: """
            Definitions may refer to every path there; shared values to those that --path allows, in which {app}, {env} and {env_type} \
            stand for one part each. Without --path that is apps/{app}; / is everything.
            """)

    @Argument(help: "The store's id; references name it.") var id: String
    @Option(help: "https://HOST:PORT of the server.") var address: String
    @Option(help: "Where its key-value engine is mounted.") var mount = "secret"
    @Option(help: "The version of that engine, 1 or 2.") var kvVersion = 2
    @Option(help: "The namespace.") var namespace: String?
    @Option(
        help: ArgumentHelp("The authority of its certificate (PEM), the only one that is believed.", valueName: "file"),
        completion: .file()) var caFile: String?
    @Option(help: ArgumentHelp("Where shared values may refer to; may be repeated.", valueName: "template")) var path: [String] =
        []
    @OptionGroup var signIn: SecretStoreSignIn
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var vault: JSON = ["url": .string(address), "path": .string(mount), "kv_version": .int(Int64(kvVersion))]
        if let namespace { vault["namespace"] = .string(namespace) }
        if let caFile { vault["ca"] = .string(try Self.text(of: caFile)) }
        if !path.isEmpty { vault["paths"] = .array(path.map(JSON.string)) }
        vault["auth"] = try signIn.auth(session)
        let made = try await session.gateway.send(
            .post, try Noun.secretstore.path(session), body: ["id": .string(id), "primary": false, "vault": vault])
        session.printer.show(made) { _ in "secret store \(id) created; see 'martlet secretstore check \(id)'\n" }
    }

    private static func text(of file: String) throws(CommandFailure) -> String {
        do throws(LocalFile.Failure) { return String(decoding: try LocalFile.read(file), as: UTF8.self) } catch {
            throw CommandFailure(.failed, error.description)
        }
    }
}
