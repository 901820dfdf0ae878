import ArgumentParser
import HTTPTypes
import PlatformModel
import ServiceAPI

struct CreateOIDCTrust: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "oidc-trust", abstract: "Trusts an issuer of tokens, such as a CI system, to sign in as a service user.",
        discussion: """
            Every --claim must hold; a * in one stands for one or more characters that are neither / nor :. Name repositories by ids that \
            stay (repository_id of GitHub, project_id of GitLab): names are given to others after a renaming. \
            'martlet exchange-token' gets a token by it.
            """)

    @Argument(help: "The trust's id; whoever exchanges a token names it.") var id: String
    @Option(help: "The issuer: https://token.actions.githubusercontent.com, https://gitlab.com, ...") var issuer: String
    @Option(help: "Whom its tokens must be for.") var audience = "martlet"
    @Option(help: "How they are signed: RS256, ES256 or EdDSA; may be repeated. Default: RS256.") var algorithm: [String] = []
    @Option(help: ArgumentHelp("What a claim must be; may be repeated.", valueName: "name=value")) var claim: [String] = []
    @Option(help: "As whom they come in: a service user's name.") var serviceUser: String
    @Option(help: "How long the token is good that is given for one, in seconds. Default: 3600.") var tokenSeconds: Int?
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options)
        var conditions: [String: String] = [:]
        for text in claim {
            guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
                throw CommandFailure.usage("--claim is name=value, and not '\(text)'")
            }
            conditions[String(text[..<equals])] = String(text[text.index(after: equals)...])
        }
        let request = OIDCTrustRequest(
            id: id, issuer: issuer, audience: audience, algorithms: algorithm.isEmpty ? nil : algorithm, conditions: conditions,
            serviceUser: serviceUser, tokenSeconds: tokenSeconds)
        let made = try await session.gateway.send(.post, try Noun.oidcTrust.path(session), body: try JSON(encoding: request))
        session.printer.show(made) { made in
            TextStyle.printable("tokens of \(issuer) come in as \(made["name"]?.string ?? serviceUser), by the trust \(id)")
                + "\n"
        }
    }
}

struct ExchangeToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "exchange-token", abstract: "Gets a short token for the token of a CI system.",
        discussion: """
            The CI system's token is read from standard input, never from the command line. The new one is printed, and nothing else: \
            MARTLET_TOKEN=$(martlet exchange-token --trust ci < token).
            """)

    @Option(help: "The trust, as an administrator has made it.") var trust: String
    @OptionGroup var options: GlobalOptions

    func run() async throws {
        let session = try Session(options, signedIn: false)
        guard let organization = session.settings["org"] else {
            throw CommandFailure.usage("which organisation? Give --org, or set MARTLET_ORG")
        }
        let input = session.host.readInput(32 << 10) ?? []
        let token = String(decoding: input, as: UTF8.self).split(whereSeparator: \.isWhitespace).first.map(String.init)
        guard let token else { throw CommandFailure.usage("standard input has no token") }
        let request = TokenExchangeRequest(organization: organization, trust: trust, token: token)
        let reply = try await session.gateway.send(.post, "/auth/token-exchange", body: try JSON(encoding: request))
        session.printer.show(reply) { ($0["token"]?.string ?? "") + "\n" }
    }
}
