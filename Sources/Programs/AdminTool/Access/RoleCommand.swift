import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// `martlet-admin role`: who holds what, where nobody else can say so.
struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Roles on the appliance, and in an organisation whose administrators are gone.",
        subcommands: [GrantRole.self, RevokeRole.self, ListRoles.self])
}

/// Where a role is held.
struct RolePlaceOptions: ParsableArguments {
    @Option(help: "The organisation.") var org: String?
    @Flag(help: "The appliance itself, above all organisations.") var appliance = false

    func validate() throws {
        guard (org == nil) == appliance else { throw ValidationError("say where: --org ORG or --appliance") }
    }

    var path: String { "/v1/admin/orgs/\(HTTPCall.segment(org ?? IdentifierRule.appliance))/roles" }
    var words: String { org.map { "the organisation '\($0)'" } ?? "the appliance" }
}

/// One role of somebody.
struct RoleOptions: ParsableArguments {
    @OptionGroup var place: RolePlaceOptions
    @Argument(help: "user:<directory id> or group:<DN>; 'martlet-admin ldap check --user NAME' shows both.") var subject: String
    @Option(help: "Such as administrator; on an application developer, on an environment type deployer.")
    var role = OrgRole.administrator.rawValue
    @Option(help: "On this application of the organisation.") var app: String?
    @Option(help: "On this environment type of the organisation.") var envType: String?

    func validate() throws {
        if app != nil, envType != nil { throw ValidationError("--app or --env-type, and not both") }
        if place.appliance, app != nil || envType != nil { throw ValidationError("--app and --env-type need --org") }
    }

    var request: RoleAssignmentRequest {
        let level: RoleLevel = app != nil ? .application : envType != nil ? .environmentType : .organization
        return RoleAssignmentRequest(subject: subject, level: level, object: app ?? envType, role: role)
    }

    func send(_ options: AdminOptions, _ rest: String = "") async throws {
        let gateway = RoomClient(room: "gateway", socket: try options.load().gatewaySocket)
        try await gateway.send(.post, place.path + rest, body: request)
    }
}

struct GrantRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Gives a role to a person or a group of the directory.",
        discussion:
            "On the appliance there is one role: administrators make, limit, suspend and delete organisations, and read nothing of theirs."
    )

    @OptionGroup var options: AdminOptions
    @OptionGroup var role: RoleOptions

    func run() async throws {
        try await role.send(options)
        print("\(role.subject.withoutControls) holds \(role.role) on \(role.place.words)")
    }
}

struct RevokeRole: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "revoke", abstract: "Takes just this role, where it is held.")

    @OptionGroup var options: AdminOptions
    @OptionGroup var role: RoleOptions

    func run() async throws {
        try await role.send(options, "/remove")
        print("\(role.subject.withoutControls) does not hold \(role.role) on \(role.place.words) any more")
    }
}

struct ListRoles: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows who holds a role on the appliance or an organisation.")

    @OptionGroup var options: AdminOptions
    @OptionGroup var place: RolePlaceOptions
    @Option(help: "text or json.") var output = AdminOutput.text

    func run() async throws {
        let gateway = RoomClient(room: "gateway", socket: try options.load().gatewaySocket)
        let holders: [RoleHolder] = try await gateway.call(.get, place.path)
        if output == .json { return try AdminOutput.write(holders) }
        for holder in holders {
            let via = holder.via.map { " by \($0.joined(separator: ", "))" } ?? ""
            print(
                "\(holder.role)  \(holder.type)  \(holder.name)  \(holder.groupID.map { "group:" + $0 } ?? holder.id)\(via)"
                    .withoutControls)
        }
    }
}
