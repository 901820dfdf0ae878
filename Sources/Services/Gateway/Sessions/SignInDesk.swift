import AuditRules
import Cryptography
import DirectoryClient
import FaultPoints
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Signs people in, by the directory's word.
struct SignInDesk: Sendable {
    let pool: PostgresPool
    let directory: Directory
    let people: DirectoryDesk
    let principals: PrincipalDesk
    let failures: SignInFailures
    let states: OrganizationStates
    let breakGlass: BreakGlassDesk
    let sessionSeconds: Int
    let logger: Logger

    /// - Parameter address: The client's.
    func signIn(_ request: SignInRequest, from address: String?) async throws -> SignInReply {
        // Not the name itself: people type their password into the wrong field.
        let name = SHA256.hex(request.username.lowercased(), digits: 12)
        AuditTrail.note { $0.details["name_digest"] = .string(name) }
        if BreakGlassDesk.isMeant(request.username) { return try await breakGlass.signIn(request.password, .network) }
        let attempt = try SignInFailures.Try(username: request.username, address: address)
        try await failures.refuseLocked(attempt)
        switch await directory.tryPassword(username: request.username, password: SecretBytes(Array(request.password.utf8))) {
        case .unknown(let reason):
            logger.error("nobody can sign in: the directory gives no clear answer", metadata: ["reason": "\(reason)"])
            throw HTTPFailure.unavailable(
                "the directory gives no clear answer at the moment; nothing is wrong with your password", retryAfter: 5)
        case .notFound:
            try await failures.count(attempt, account: nil)
        case .found(let tried):
            guard let person = tried.person else {
                try await failures.count(attempt, account: tried.account)
                break
            }
            if try await failures.forgive(attempt, account: person.id) { return try await open(for: person) }
        }
        // The same words for a wrong name and a wrong password.
        throw HTTPFailure(.unauthorized, "unauthorized", "The user name or the password is not right.")
    }

    private func open(for person: DirectoryPerson) async throws -> SignInReply {
        let subject = Subject.user(person.id)
        AuditTrail.note { $0.actor = subject.reference }
        // What the directory changes on the way has entries of its own; the sign-in is the session.
        let admission = try await AuditTrail.aside { try await people.admit(person) }, organizations = admission.organizations
        guard !organizations.isEmpty else {
            throw HTTPFailure(
                .forbidden, "no_role",
                "You are known to the directory, but hold no role in any organization here. Ask an administrator to give one to "
                    + "one of your groups or to \(subject.reference).")
        }
        try await states.refuse(allOf: organizations)
        let token = try AccessToken.make(), id = Hexadecimal.encode(try RandomBytes.make(10))
        AuditTrail.note { $0.tokenID = id }
        let expires = try await TokenStore.insertSession(
            id: id, token, subject: subject.reference, seconds: sessionSeconds, pool)
        try await GatewayFault.afterTokenInsert.reach()
        return SignInReply(
            token: token.text, expiresAt: expires,
            user: try await principals.profile(
                of: PrincipalDesk.member(subject, of: organizations), known: admission.held))
    }
}
