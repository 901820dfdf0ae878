import AccessControl
import AuditRules
import Cryptography
import FaultPoints
import Glibc
import HTTPTypes
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Gives a service user's short token for the token of an issuer that the organisation trusts.
struct TokenExchangeDesk: Sendable {
    let pool: PostgresPool
    let keys: IssuerKeys
    let metrics: MetricsRegistry
    let logger: Logger

    func exchange(_ request: TokenExchangeRequest) async throws -> TokenExchangeReply {
        let org = request.organization, id = request.trust
        guard IdentifierRule.organization.accepts(org), IdentifierRule.application.accepts(id),
            let stored = try await TrustStore.find(id, in: org, pool)
        else { throw refused("no such trust", org, id) }
        AuditTrail.note {
            $0.orgID = org
            $0.object = "oidc-trust:\(id)"
        }
        do {
            return try await exchange(request, stored)
        } catch let refusal as TokenRefusal {
            AuditTrail.note { $0.details["reason"] = .string(refusal.description) }
            try await AuditTrail.aside {
                try await TrustStore.noteRefusal(refusal.description, of: id, in: org, pool)
            }
            throw refused(refusal.description, org, id)
        }
    }

    private func exchange(_ request: TokenExchangeRequest, _ stored: TrustStore.Stored) async throws -> TokenExchangeReply {
        let token = try SignedToken(request.token), issuer = stored.trust.issuer
        let now = Int64(time(nil))
        // Before anybody is asked for keys.
        if let refusal = stored.trust.refusalUnseen(of: token, at: now) { throw refusal }
        let key = try await keys.key(for: token, of: issuer)
        guard try Self.verifies(token, by: key) else { throw TokenRefusal("the token's signature is not the issuer's") }
        if let refusal = stored.trust.refusal(ofBelieved: token) { throw refusal }
        return try await open(token, request)
    }

    private func open(_ token: SignedToken, _ request: TokenExchangeRequest) async throws -> TokenExchangeReply {
        let org = request.organization, id = Hexadecimal.encode(try RandomBytes.make(10)), made = try AccessToken.make()
        let (reply, reference) = try await pool.withOrg(org) { transaction in
            // It may have been ended since it was read.
            guard let stored = try await TrustStore.hold(request.trust, transaction),
                stored.trust.refusalUnseen(of: token, at: Int64(time(nil))) == nil, stored.trust.refusal(ofBelieved: token) == nil
            else { throw TokenRefusal("the trust was changed at this moment") }
            let end = Int64(time(nil)) + IssuerTrust.longestLife + 2 * IssuerTrust.leeway
            guard try await TrustStore.use(try Self.hash(of: token, stored.trust.issuer, org), until: end, transaction) else {
                throw TokenRefusal("the token was used before")
            }
            guard try await TrustStore.makeRoom(in: org, transaction) else {
                throw HTTPFailure(
                    .tooManyRequests,
                    ErrorBody(
                        error: "too_many_tokens",
                        message:
                            "The organization has \(TrustStore.mostTokens) exchanged tokens that are still good. Let them end sooner: token_seconds of the trust."
                    ),
                    headers: [.retryAfter: "60"])
            }
            let end2 = try await TrustStore.insert(made, id: id, of: request.trust, stored, in: org, transaction)
            let subject = Subject.service(stored.serviceUser).reference
            AuditTrail.note {
                $0.actor = subject
                $0.tokenID = id
            }
            return (TokenExchangeReply(token: made.text, expiresAt: end2, userID: subject), subject)
        }
        try await GatewayFault.afterTokenInsert.reach()
        metrics.count("martlet_token_exchanges_total", help: "Issuers' tokens that were exchanged.")
        logger.notice(
            "a token was exchanged",
            metadata: ["org": "\(org)", "trust": "\(request.trust)", "subject": "\(reference)", "token": "\(id)"])
        return reply
    }

    private static func verifies(_ token: SignedToken, by key: KeySet.Key) throws -> Bool {
        let publicKey: PublicKey
        do {
            publicKey =
                switch key.numbers {
                case .rsa(let modulus, let exponent): try .rsa(modulus: modulus, exponent: exponent)
                case .p256(let x, let y): try .p256(x: x, y: y)
                case .ed25519(let bytes): try .ed25519(bytes)
                }
        } catch CryptographyError.invalidInput(let reason) {
            throw TokenRefusal("the issuer's key cannot be used: \(reason)")
        }
        return try publicKey.verifies(token.signature, of: token.signed)
    }

    /// One token is used once in an organisation: by its id (`jti`), and without one by all of it.
    private static func hash(of token: SignedToken, _ issuer: String, _ org: String) throws -> [UInt8] {
        let one: String =
            if case .string(let id)? = token.claims["jti"], !id.isEmpty { "id \(id)" } else {
                "signed " + String(decoding: token.signed, as: UTF8.self)
            }
        return try Digest.sha256(Array([org, issuer, one].joined(separator: "\u{1f}").utf8))
    }

    /// The same words for everybody, so that nothing is learnt of an organisation by trying; it sees the reason in `last_refusal`.
    private func refused(_ reason: String, _ org: String, _ trust: String) -> HTTPFailure {
        metrics.count("martlet_token_exchanges_refused_total", help: "Issuers' tokens that were refused.")
        logger.notice(
            "a token was not exchanged",
            metadata: [
                "org": "\(org.withoutControls.prefix(100))", "trust": "\(trust.withoutControls.prefix(100))",
                "reason": "\(reason)",
            ])
        return HTTPFailure(
            .unauthorized, "unauthorized",
            "This token is not taken here. Administrators of the organization see why: martlet get oidc-trusts.")
    }
}
