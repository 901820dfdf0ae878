import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Invite: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "invite", abstract: "Lets somebody into the organisation who has never signed in here.",
        discussion: """
            The first person who signs in with this mail address or user name, as the directory has it, gets the role. No mail is sent. The \
            invitation waits for 7 days; 'martlet get invitations' shows it, 'martlet delete invitation ID' takes it back.
            """)

    @Argument(help: "Mail address or user name.") var address: String
    @Option(help: "On the organisation: member, orgViewer, manager, administrator.") var role = "member"
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let made = try await session.gateway.send(
            .post, try session.organization() + "/invitations", body: ["email": .string(address), "role": .string(role)])
        session.printer.show(made) { made in
            let holder = made[0] ?? .null, name = holder["name"]?.string ?? address
            guard holder["invite"] == "pending" else {
                return TextStyle.printable("\(name) is known here, and now \(role)") + "\n"
            }
            return TextStyle.printable("\(name) is invited as \(role) (\(holder["id"]?.string ?? ""))") + "\n"
        }
    }
}

struct CreateServiceUser: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "service-user", abstract: "Creates a user for a machine, without a token.",
        discussion: "'martlet create token' makes one with a token at once.")

    @Argument(help: "Its name: lower-case letters, digits and hyphens.") var name: String
    @Option(help: "On the organisation: member, orgViewer, manager, administrator, artefactContributor.") var role = "member"
    @Option(help: "Where notes about it go.") var email: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let request = ServiceUserRequest(name: name, role: role, email: email)
        let made = try await session.gateway.send(
            .post, try Noun.user.path(session), body: try JSON(encoding: request))
        session.printer.show(made) { "service user \(name) created (\($0["id"]?.string ?? ""))\n" }
    }
}

struct CreateGroup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group", abstract: "Gives everyone in a group of the directory a role on the organisation.")

    @Argument(help: ArgumentHelp("The group's DN: cn=engineers,ou=groups,dc=example,dc=org.", valueName: "dn")) var name: String
    @Option(help: "On the organisation: member, orgViewer, manager, administrator.") var role = "member"
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let request = GroupRequest(groupID: name, idpID: GroupInfo.directory, role: role)
        let made = try await session.gateway.send(
            .post, try session.organization() + "/groups", body: try JSON(encoding: request))
        session.printer.show(made) { "group \($0["id"]?.string ?? "") is \($0["role"]?.string ?? role)\n" }
    }
}
