import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

struct SignInCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in", abstract: "Who has to wait after wrong passwords.",
        subcommands: [SignInLocks.self, SignInUnlock.self])
}

struct SignInLocks: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "locks", abstract: "Lists who waits now.",
        discussion:
            "Names are nowhere written down, since passwords are typed into that field, too; people are listed by their id.")

    @OptionGroup var options: AdminOptions
    @Option(help: "text or json.") var output = AdminOutput.text

    func run() async throws {
        let gateway = RoomClient(room: "gateway", socket: try options.load().gatewaySocket)
        let locks: [SignInLock] = try await gateway.call(.get, "/v1/admin/sign-ins/locks")
        guard output == .text else { return try AdminOutput.write(locks) }
        for lock in locks {
            let who = lock.kind == "name" ? "a name" : lock.kind == "address" ? "address \(lock.who)" : lock.who
            print("\(who): \(lock.failures) wrong passwords, waits until \(lock.lockedUntil)".withoutControls)
        }
        print(locks.isEmpty ? "nobody waits" : "\(locks.count) wait; martlet-admin sign-in unlock NAME ends it")
    }
}

struct SignInUnlock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Lets somebody try again at once.")

    @OptionGroup var options: AdminOptions
    @Argument(help: "A user name, user:ID or an address.") var who: String?
    @Flag(help: "Everybody.") var all = false

    func validate() throws {
        if all == (who != nil) { throw ValidationError("whom? Give a user name, user:ID or an address; or --all") }
    }

    func run() async throws {
        let gateway = RoomClient(room: "gateway", socket: try options.load().gatewaySocket)
        let reply: SignInUnlockReply = try await gateway.call(
            .post, "/v1/admin/sign-ins/unlock", body: SignInUnlockRequest(who: who))
        print(reply.unlocked == 0 ? "nothing is held against \(who ?? "anybody")".withoutControls : "unlocked")
    }
}
