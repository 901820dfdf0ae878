import ArgumentParser
import Glibc
import HTTPTypes
import PlatformModel
import ServiceAPI
import ServiceRuntime

/// `martlet-admin break-glass`: the way in for the day on which the directory is away.
struct BreakGlassCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "break-glass", abstract: "The administrator for the day on which nobody else gets in.",
        subcommands: [CreateBreakGlass.self, ShowBreakGlass.self, SignInBreakGlass.self, EndBreakGlass.self])

    static let path = "/v1/admin/break-glass"

    static func gateway(_ options: AdminOptions) throws -> RoomClient {
        RoomClient(room: "gateway", socket: try options.load().gatewaySocket)
    }
}

struct CreateBreakGlass: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Makes the password for one sign-in, and prints it once.",
        discussion: """
            An earlier password, and a session by it, end. Whoever signs in with it administers the appliance and says who administers \
            organisations, for a few minutes; everything of it is on record.
            """)

    @OptionGroup var options: AdminOptions
    @Option(help: "How long the password waits for its use: 1 to 168.") var hours = 24

    func run() async throws {
        let reply: BreakGlassReply = try await BreakGlassCommand.gateway(options).call(
            .post, BreakGlassCommand.path, body: BreakGlassRequest(hours: hours))
        StandardError.write("user name \(reply.username); good for one sign-in until \(reply.expiresAt)\n")
        print(reply.password)
    }
}

struct ShowBreakGlass: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Says whether there is a password, and whether somebody is signed in.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        let status: BreakGlassStatus = try await BreakGlassCommand.gateway(options).call(.get, BreakGlassCommand.path)
        switch (status.createdAt, status.expiresAt, status.usedAt) {
        case (let created?, _, let used?): print("the password of \(created) was used at \(used)")
        case (let created?, let expires?, nil):
            print("a password was made at \(created), and is good for one sign-in until \(expires)")
        default: print("there is no password")
        }
        print(status.sessionUntil.map { "somebody is signed in until \($0)" } ?? "nobody is signed in")
    }
}

struct SignInBreakGlass: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sign-in", abstract: "Signs in on this host, with the password from standard input; prints the token.",
        discussion: "By the gateway's own socket: what others tried over the network does not keep it out.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        guard let password = readLine(), !password.isEmpty else {
            throw ValidationError("the password is read from standard input; there was none")
        }
        let reply: SignInReply = try await BreakGlassCommand.gateway(options).call(
            .post, BreakGlassCommand.path + "/sign-in", body: BreakGlassSignIn(password: password))
        StandardError.write("signed in until \(reply.expiresAt)\n")
        print(reply.token)
    }
}

struct EndBreakGlass: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "end", abstract: "Ends the password, and the session of whoever is signed in by it.")

    @OptionGroup var options: AdminOptions

    func run() async throws {
        try await BreakGlassCommand.gateway(options).send(.delete, BreakGlassCommand.path)
        print("ended")
    }
}
