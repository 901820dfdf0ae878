import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Signs in with your directory's name and password, and keeps the session.",
        discussion:
            "The session is kept in the configuration file, which only you can read. URL, authority and organisation are kept with it."
    )

    @Option(help: "Your name in the directory.") var username: String
    @Option(help: "Reads the password from a file ('-': standard input) instead of asking for it.") var passwordFile: String?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options, signedIn: false)
        guard let path = session.settings.configPath else {
            throw CommandFailure.usage("there is no HOME to keep the session in; give --config")
        }
        let password = try password(session.host)
        let answer = try await session.gateway.send(
            .post, "/auth/login", body: ["username": .string(username), "password": .string(password)])
        let reply = try answer.decode(SignInReply.self)
        var file = session.settings.file
        file.values["url"] = try session.settings.url().text
        file.values["ca"] = session.settings["ca"].map(LocalFile.absolute)
        file.values["token"] = reply.token
        let organizations = reply.user.organizations
        file.values["org"] = session.settings["org"] ?? (organizations.count == 1 ? organizations.first : nil)
        try file.write(path)
        session.printer.note("signed in as \(reply.user.name) until \(reply.expiresAt); kept in \(path)")
        if let org = file.values["org"] {
            session.printer.note("organisation: \(org)")
        } else {
            session.printer.note("choose an organisation with --org: \(organizations.joined(separator: ", "))")
        }
    }

    private func password(_ host: CommandHost) throws(CommandFailure) -> String {
        let text = try written(host)
        // The newline that an editor or echo puts at the end is not part of it.
        guard let end = text.lastIndex(where: { !$0.isNewline }) else { throw .usage("the password is empty") }
        return String(text[...end])
    }

    private func written(_ host: CommandHost) throws(CommandFailure) -> String {
        guard let passwordFile else {
            guard host.terminal.isInput else {
                throw .usage("there is no terminal to ask for the password; give --password-file")
            }
            host.writeError("Password for \(TextStyle.printable(username)): ")
            return host.readLine(false) ?? ""
        }
        if passwordFile == "-" { return String(decoding: host.readInput(16 << 10) ?? [], as: UTF8.self) }
        do throws(LocalFile.Failure) {
            return String(decoding: try LocalFile.read(passwordFile, limit: 16 << 10), as: UTF8.self)
        } catch { throw CommandFailure(.usage, "the password's file \(error)") }
    }
}

struct Logout: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "logout", abstract: "Ends the session and forgets it.")

    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        do throws(CommandFailure) {
            try await session.gateway.send(.post, "/auth/logout")
        } catch {
            guard error.status == .denied else { throw error }
            session.printer.note("the session had ended already")
        }
        if let path = session.settings.configPath, session.settings.file.values["token"] != nil {
            var file = session.settings.file
            file.values["token"] = nil
            try file.write(path)
        }
        session.printer.note("signed out")
    }
}

struct WhoAmI: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Shows who you are and which roles you hold.")

    @Flag(help: "Shows what you may do in the organisation, object by object.") var permissions = false
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        let user = try await session.gateway.get("/current-user")
        if permissions {
            let path = try Noun.user.path(session) + "/\(HTTPCall.segment(user["id"]?.string ?? ""))/perms"
            session.printer.show(try await session.gateway.get(path)) { answer in
                let objects = (answer["objects"]?.object ?? [:]).sorted { $0.key < $1.key }
                return Table(
                    titles: ["OBJECT", "ACTION"],
                    rows: objects.flatMap { object in
                        (object.value["permissions"]?.array ?? []).map { [object.key, $0.string ?? ""] }
                    })
            }
            return
        }
        session.printer.show(user) { user in
            var rows = [("name", user["name"]?.string ?? ""), ("id", user["id"]?.string ?? "")]
            if let email = user["email"]?.string, !email.isEmpty { rows.append(("email", email)) }
            rows.append(("gateway", session.settings["url"] ?? ""))
            let roles = (user["roles"]?.object ?? [:]).sorted { $0.key < $1.key }
            rows += roles.map { ("role", "\($0.value.string ?? "") on \($0.key)") }
            return Table.fields(rows)
        }
    }
}
