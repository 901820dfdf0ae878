import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Brings roles up to what the directory says now, or shows what that would be.
struct LDAPSync: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sync", abstract: "Brings everyone's roles up to what the directory says now.",
        discussion: """
            The gateway does the same by itself every few minutes. What it would not take without being asked (many people at once, a \
            group that shows no members any more) waits until it is confirmed here. Exits with 1 when something waits.
            """)

    @OptionGroup var options: AdminOptions
    @Flag(help: "Shows what would change, and changes nothing.") var dryRun = false
    @Flag(help: "Also takes what waits for a confirmation: look with --dry-run first.") var confirmRemovals = false
    @Option(help: "text or json.") var output = AdminOutput.text

    func validate() throws {
        if dryRun, confirmRemovals { throw ValidationError("--dry-run changes nothing, so it has nothing to confirm") }
    }

    func run() async throws {
        let gateway = RoomClient(room: "gateway", socket: try options.load().gatewaySocket)
        var confirmation: String?
        if confirmRemovals {
            // What is confirmed is what is there now: when something else waits by then, the gateway refuses.
            confirmation = try await Self.synchronise(gateway, DirectorySyncRequest(dryRun: true)).confirmation
        }
        let report = try await Self.synchronise(gateway, DirectorySyncRequest(dryRun: dryRun, confirm: confirmation))
        if output == .json { try AdminOutput.write(report) } else { Self.show(report) }
        guard dryRun || report.confirmation == nil else { throw ExitCode(1) }
    }

    private static func synchronise(_ gateway: RoomClient, _ request: DirectorySyncRequest) async throws -> DirectorySyncReport {
        // A thousand people are a few seconds; a slow directory takes longer.
        try await gateway.call(.post, "/v1/admin/directory/sync", body: request, timeout: .seconds(600))
    }

    private static func show(_ report: DirectorySyncReport) {
        for change in report.changes {
            let groups = change.groups.joined(separator: "; ")
            let what =
                switch change.kind {
                case .joined: "joined \(groups)"
                case .left: "left \(groups)"
                case .gone: "is no longer in the directory"
                case .disabled: "is disabled: \(change.reason ?? "")"
                }
            let line = "\(change.username) (\(change.user); \(change.organizations.joined(separator: ", "))) \(what)"
            print((change.waitsBecause.map { "WAITS  \(line)\n       \($0)" } ?? "       \(line)").withoutControls)
        }
        if report.unknown > 0 {
            print(
                "no clear answer about \(report.unknown) people, who keep what they have: \((report.unknownReason ?? "not asked").withoutControls)"
            )
        }
        let verb = report.dryRun ? "would change" : "changed"
        let changed = Set(report.changes.filter { $0.waitsBecause == nil }.map(\.user)).count
        print("\(report.people) people: \(changed) \(verb)")
        if report.confirmation != nil {
            let waiting = Set(report.changes.filter { $0.waitsBecause != nil }.map(\.user)).count
            print("\(waiting) keep what they have until you confirm it: martlet-admin ldap sync --confirm-removals")
        }
    }
}
