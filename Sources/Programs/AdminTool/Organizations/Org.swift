import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// `martlet-admin org`: organisations as the appliance has them.
struct Org: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Organisations.",
        subcommands: [
            CreateOrg.self, ListOrgs.self, ShowOrg.self, OrgLimits.self, SuspendOrg.self, ResumeOrg.self, DeleteOrg.self,
        ])

    /// The orchestrator, which has them.
    static func orchestrator(_ options: AdminOptions) throws -> RoomClient {
        RoomClient(room: "orchestrator", socket: try options.load().orchestratorSocket)
    }

    static func path(_ id: String, _ rest: String = "") -> String { "/v1/admin/orgs/\(HTTPCall.segment(id))\(rest)" }

    /// One line for each.
    static func show(_ organization: OrganizationPicture) -> String {
        var line = "\(organization.id)  \(organization.name)  \(organization.state.rawValue)"
        if let since = organization.stateSince { line += " since \(since)" }
        if let by = organization.stateBy { line += " by \(by)" }
        if let reason = organization.stateReason, !reason.isEmpty { line += ": \(reason)" }
        return line.withoutControls
    }

    static func show(_ uses: [LimitUse]) {
        for use in uses {
            let used = use.used.map { use.id.text(of: $0) } ?? "not known at the moment"
            print("  \(use.id.word): \(used) of \(use.limit.map { use.id.text(of: $0) } ?? "any number")")
        }
    }
}

struct ListOrgs: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "Shows every organisation and its state.")

    @OptionGroup var options: AdminOptions
    @Option(help: "text or json.") var output = AdminOutput.text

    func run() async throws {
        let all: [OrganizationPicture] = try await Org.orchestrator(options).call(.get, "/v1/admin/orgs")
        if output == .json { return try AdminOutput.write(all) }
        for organization in all { print(Org.show(organization)) }
    }
}

struct ShowOrg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows an organisation: its state, its limits, and what it uses of them.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The organisation's id.") var id: String

    func run() async throws {
        let orchestrator = try Org.orchestrator(options)
        print(Org.show(try await orchestrator.call(.get, Org.path(id)) as OrganizationPicture))
        Org.show(try await orchestrator.call(.get, Org.path(id, "/limits")) as [LimitUse])
    }
}

struct OrgLimits: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "limits", abstract: "Shows or sets what an organisation may have at most.",
        discussion: """
            Without NAME=AMOUNT it shows them. \(Self.names). An amount is a number, processors such as 4 or 250m, bytes such as 8Gi, \
            or none. What stands beyond a limit that is lowered stays, and does not grow.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The organisation's id.") var id: String
    @Argument(help: "Such as applications=10, cpu=4, memory=8Gi or logs=none.") var limits: [String] = []
    @Option(help: "text or json.") var output = AdminOutput.text

    private static let names = "There are " + OrganizationLimit.allCases.map(\.word).joined(separator: ", ")

    func validate() throws { _ = try changes() }

    private func changes() throws -> [String: JSON] {
        var changes: [String: JSON] = [:]
        for text in limits {
            let parts = text.split(separator: "=", maxSplits: 1).map(String.init), words = OrganizationLimit.allCases.map(\.word)
            guard parts.count == 2, let limit = OrganizationLimit.allCases.first(where: { $0.word == parts[0] }) else {
                let nearest = nearestName(to: parts.first ?? "", among: words).map { "; did you mean '\($0)=...'?" } ?? ""
                throw ValidationError("'\(text)' is not NAME=AMOUNT\(nearest) \(Self.names)")
            }
            if parts[1] == "none" {
                changes[limit.rawValue] = .null
                continue
            }
            guard let amount = limit.amount(of: parts[1]) else {
                throw ValidationError("'\(parts[1])' is no amount of \(limit.things): give one such as \(limit.example), or none")
            }
            changes[limit.rawValue] = .int(amount)
        }
        return changes
    }

    func run() async throws {
        let orchestrator = try Org.orchestrator(options), changes = try changes()
        let uses: [LimitUse] =
            changes.isEmpty
            ? try await orchestrator.call(.get, Org.path(id, "/limits"))
            : try await orchestrator.call(.patch, Org.path(id, "/limits"), body: JSON.object(changes))
        if output == .json { try AdminOutput.write(uses) } else { Org.show(uses) }
    }
}

struct SuspendOrg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "suspend", abstract: "Lets nobody of an organisation in any more; what it runs goes on running.",
        discussion: """
            People and tokens of the organisation get 403 with the reason, open streams end, deployments wait and begin no further \
            step. 'martlet-admin org resume' lets all of it go on as if no time had passed.
            """)

    @OptionGroup var options: AdminOptions
    @Argument(help: "The organisation's id.") var id: String
    @Option(help: "Told to the organisation's people.") var reason = ""

    func run() async throws {
        print(
            Org.show(
                try await Org.orchestrator(options).call(
                    .post, Org.path(id, "/suspend"), body: SuspensionRequest(reason: reason)) as OrganizationPicture))
    }
}

struct ResumeOrg: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "resume", abstract: "Lets a suspended organisation go on where it stood.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "The organisation's id.") var id: String

    func run() async throws {
        print(Org.show(try await Org.orchestrator(options).call(.post, Org.path(id, "/resume")) as OrganizationPicture))
    }
}
