import ArgumentParser
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
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
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

    private func role<Role: RawRepresentable<String> & CaseIterable>(
        _ text: String, _ flag: String
    ) throws(CommandFailure) -> Role {
        if let role = Role(rawValue: text) { return role }
        let known = Role.allCases.map(\.rawValue)
        let nearest = nearestName(to: text, among: known).map { "; did you mean '\($0)'?" } ?? ""
        throw .usage("\(flag): '\(text)' is no role\(nearest) One of: \(known.joined(separator: ", "))")
    }
}
