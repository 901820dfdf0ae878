import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct RoleCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "role", abstract: "Gives people, groups and service users roles, takes them, and shows who has which.",
        subcommands: [RoleGrant.self, RoleRevoke.self, RoleList.self])
}

/// What a role is held on. Each role is of one kind of thing, so its name says which.
enum RoleObject: Sendable {
    case organization
    case application
    case environmentType(String)

    /// - Throws: Usage, with the nearest role.
    init(role: String, envType: String?) throws(CommandFailure) {
        if AppRole(rawValue: role) != nil {
            self = .application
        } else if EnvTypeRole(rawValue: role) != nil {
            guard let envType else { throw .usage("\(role) on which environment type? Give --env-type") }
            self = .environmentType(envType)
            return
        } else if OrgRole(rawValue: role) != nil {
            self = .organization
        } else {
            let known = OrgRole.allCases.map(\.rawValue) + AppRole.allCases.map(\.rawValue) + EnvTypeRole.allCases.map(\.rawValue)
            let nearest = nearestName(to: role, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw .usage("'\(role)' is no role\(nearest) One of: \(known.joined(separator: ", "))")
        }
        guard envType == nil else { throw .usage("\(role) is no role on an environment type; there is only deployer") }
    }

    func path(_ session: Session) throws(CommandFailure) -> String {
        switch self {
        case .organization: try session.organization() + "/users"
        case .application: try session.application() + "/users"
        case .environmentType(let id): try session.organization() + "/env-types/\(HTTPCall.segment(id))/users"
        }
    }

    func words(_ session: Session) throws(CommandFailure) -> String {
        switch self {
        case .organization: "organisation \(try session.settings.org())"
        case .application: "application \(try session.settings.app())"
        case .environmentType(let id): "environment type \(id)"
        }
    }
}

struct RoleGrant: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grant", abstract: "Gives a role; one that is held there already is replaced.",
        discussion: """
            viewer, developer and owner are roles on the application (--app), deployer on an environment type (--env-type), member, \
            orgViewer, manager and administrator on the organisation. Who has never signed in is invited: 'martlet invite'.
            """)

    @Argument(help: "User name, mail address, id, a service user's name, or a group's id.") var who: String
    @Argument(help: "The role.") var role: String
    @Option(help: ArgumentHelp("The environment type, for deployer.", valueName: "id")) var envType: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options), object = try RoleObject(role: role, envType: envType)
        let path = try object.path(session), place = try object.words(session)
        let given: JSON
        if case .organization = object {
            given = try await session.gateway.send(.patch, "\(path)/\(HTTPCall.segment(who))", body: ["role": .string(role)])
        } else {
            given = try await session.gateway.send(.post, path, body: ["id": .string(who), "role": .string(role)])
        }
        session.printer.show(given) { holder in
            TextStyle.printable("\(holder["name"]?.string ?? who) is \(holder["role"]?.string ?? role) on \(place)") + "\n"
        }
    }
}

struct RoleRevoke: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Takes a role on an application or environment type.",
        discussion: """
            Who leaves the organisation leaves everything in it: 'martlet delete user NAME'. What a group of the directory gives is taken \
            from the group.
            """)

    @Argument(help: "User name, mail address, id, a service user's name, or a group's id.") var who: String
    @Argument(help: "The role.") var role: String
    @Option(help: ArgumentHelp("The environment type, for deployer.", valueName: "id")) var envType: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options), object = try RoleObject(role: role, envType: envType)
        if case .organization = object {
            throw CommandFailure.usage(
                "a role on the organisation is replaced ('martlet role grant \(who) member'), or goes with all others: 'martlet delete user "
                    + "\(who)'")
        }
        let path = try object.path(session) + "/" + HTTPCall.segment(who), place = try object.words(session)
        let held = try await session.gateway.get(path)["role"]?.string ?? ""
        guard held == role else {
            throw CommandFailure(.conflict, "'\(who)' is not \(role) on \(place), but \(held); nothing was taken")
        }
        try await session.gateway.send(.delete, path)
        session.printer.done("\(role) of \(who) on \(place)", "taken")
    }
}

struct RoleList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Shows who holds a role: on the organisation, or on an application or environment type.",
        discussion: "The column VIA names the groups that give a role which is not the person's own.")

    @Option(help: ArgumentHelp("Of this environment type.", valueName: "id")) var envType: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var object = RoleObject.organization
        // Only what is on this command line counts: MARTLET_APP is set where people work on one application.
        if options.app != nil { object = .application }
        if let envType {
            guard options.app == nil else { throw CommandFailure.usage("give either --app or --env-type, not both") }
            object = .environmentType(envType)
        }
        session.printer.show(try await session.gateway.get(try object.path(session)), Noun.user.table)
    }
}
