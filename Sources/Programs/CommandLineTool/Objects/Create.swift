import ArgumentParser
import Glibc
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Create: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract:
            "Creates an application, an environment, an environment type, a driver, a value, a secret store, an account, a service user, a group, a token or a trust in an issuer of tokens.",
        subcommands: [
            CreateApp.self, CreateEnv.self, CreateEnvType.self, CreateDriver.self, CreateValue.self, CreateSecretStore.self,
            CreateAccount.self,
            CreateServiceUser.self,
            CreateGroup.self, CreateToken.self, CreateOIDCTrust.self,
        ])
}

struct CreateApp: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "app", abstract: "Creates an application with an environment 'development' of that type.")

    @Argument(help: "The application's id.") var id: String
    @Option(help: "What people call it; default: the id.") var name: String?
    @Flag(help: "Creates no environment with it.") var skipEnv = false
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var body: JSON = ["id": .string(id), "name": .string(name ?? id)]
        if skipEnv { body["skip_environment_creation"] = true }
        let made = try await session.gateway.send(.post, try Noun.app.path(session), body: body)
        session.printer.show(made) { _ in "application \(id) created\n" }
    }
}

/// `martlet env create`, by the word order of the other objects.
struct CreateEnv: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "env", abstract: "Creates an environment, empty or from what another one runs.")

    @OptionGroup var creation: EnvironmentCreation

    func run() async throws { try await creation.run() }
}

struct CreateEnvType: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "env-type", abstract: "Creates an environment type.")

    @Argument(help: "The environment type's id.") var id: String
    @Option(help: "What it is for.") var description: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let made = try await session.gateway.send(
            .post, try Noun.envType.path(session), body: ["id": .string(id), "description": .string(description ?? "")])
        session.printer.show(made) { _ in "environment type \(id) created\n" }
    }
}

struct CreateToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token", abstract: "Creates a token for a machine, with exactly the roles given. It is shown once.")

    @Argument(help: "The service user's name.") var name: String
    @Option(help: "What it is for.") var description: String?
    @Option(help: ArgumentHelp("A role on the organisation: member, orgViewer, manager, administrator.", valueName: "role"))
    var orgRole: String?
    @Option(help: ArgumentHelp("A role on an application: viewer, developer, owner; may be repeated.", valueName: "app=role"))
    var appRole: [String] = []
    @Option(help: ArgumentHelp("An environment type to which it may deploy; may be repeated.", valueName: "env-type"))
    var deployTo: [String] = []
    @Option(help: "Days until it ends, 1 to 365.") var expiresInDays: Int?
    @Option(
        help: ArgumentHelp(
            "Another token of a service user who is there, whose roles stay as they are: its id.", valueName: "id"))
    var id: String?
    @Option(
        help: ArgumentHelp(
            "With --id: what this token is good for at most, such as apps/shop=developer, env-types/test=deployer or org=member; may be repeated.",
            valueName: "object=role"))
    var scope: [String] = []
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        if let id { return try await createAnother(id, session) }
        guard scope.isEmpty else { throw CommandFailure.usage("--scope goes with --id") }
        var request = ServiceTokenRequest(name: name, description: description, expiresInDays: expiresInDays)
        request.orgRole = try orgRole.map { (text) throws(CommandFailure) in try role(text, "--org-role") }
        var roles: [String: AppRole] = [:]
        for text in appRole {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw CommandFailure.usage("--app-role is given as APP=ROLE, and this is '\(text)'") }
            roles[String(parts[0])] = try role(String(parts[1]), "--app-role")
        }
        if !roles.isEmpty { request.appRoles = roles }
        if !deployTo.isEmpty {
            request.envTypeRoles = Dictionary(
                deployTo.map { ($0, EnvTypeRole.deployer) }, uniquingKeysWith: { first, _ in first })
        }
        let made = try await session.gateway.send(.post, try Noun.token.path(session), body: try JSON(encoding: request))
        session.printer.note("shown once; keep it where only its machine can read it")
        session.printer.show(made) { ($0["token"]?.string ?? "") + "\n" }
    }

    /// The service user keeps its roles, and its other tokens theirs.
    private func createAnother(_ id: String, _ session: Session) async throws {
        guard orgRole == nil, appRole.isEmpty, deployTo.isEmpty else {
            throw CommandFailure.usage("with --id the service user's roles stay as they are; bound the token by --scope")
        }
        let organization = try session.organization()
        var scopes: [String: String] = [:]
        for text in scope {
            let parts = text.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { throw CommandFailure.usage("--scope is given as OBJECT=ROLE, and this is '\(text)'") }
            scopes[parts[0] == "org" ? organization : "\(organization)/\(parts[0])"] = String(parts[1])
        }
        let users = try await session.gateway.get(organization + "/users")
        guard let user = users.array?.first(where: { $0["type"] == "service" && $0["name"]?.string == name })?["id"]?.string
        else {
            throw CommandFailure(.notFound, "there is no service user '\(name)' here, or you may not see it")
        }
        var request: JSON = ["id": .string(id), "type": "static", "description": .string(description ?? "")]
        if !scopes.isEmpty { request["scopes"] = .object(scopes.mapValues(JSON.string)) }
        if let expiresInDays {
            let now = Int64(time(nil)) * 1000
            request["expires_at"] = .string(Timestamp(milliseconds: now + Int64(expiresInDays) * 86_400_000).description)
        }
        let made = try await session.gateway.send(.post, "/users/\(HTTPCall.segment(user))/tokens", body: request)
        session.printer.note("shown once; keep it where only its machine can read it")
        session.printer.show(made) { ($0["token"]?.string ?? "") + "\n" }
    }

    private func role<Role: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ flag: String
    ) throws(CommandFailure) -> Role {
        if let role = Role(rawValue: text) { return role }
        let known = Role.allCases.map(\.rawValue)
        let nearest = nearestName(to: text, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw .usage("\(flag): '\(text)' is no role\(nearest) One of: \(known.joined(separator: ", "))")
    }
}
