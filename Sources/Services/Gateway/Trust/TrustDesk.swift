import AccessControl
import Logging
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Whose tokens an organisation takes: made, listed, ended.
struct TrustDesk: Sendable {
    static let defaultSeconds = 3600
    static let seconds = 60...21_600

    let pool: PostgresPool
    let logger: Logger

    func list(in org: String) async throws -> [OIDCTrustInfo] { try await pool.withOrg(org) { try await TrustStore.list($0) } }

    func get(_ id: String, in org: String) async throws -> OIDCTrustInfo {
        guard let found = try await pool.withOrg(org, { try await TrustStore.list(id: id, $0) }).first else {
            throw Self.notFound(id)
        }
        return found
    }

    func create(_ request: OIDCTrustRequest, in org: String, by creator: TokenStore.Presented) async throws -> OIDCTrustInfo {
        let trust = try Self.check(request)
        let made = try await pool.withOrg(org) { transaction in
            guard case .one(.service(let user)) = try await RoleFinder.find(request.serviceUser, transaction) else {
                throw HTTPFailure.invalid([
                    Problem(code: "API-102", path: "service_user", message: "people sign in by themselves: name a service user")
                ])
            }
            guard try await TrustStore.count(transaction) < TrustStore.most else {
                throw HTTPFailure.conflict("the organization trusts \(TrustStore.most) issuers, which is the most there can be")
            }
            let isNew = try await TrustStore.insert(
                trust, id: request.id, serviceUser: user, tokenSeconds: request.tokenSeconds ?? Self.defaultSeconds,
                answerable: try await TokenStore.answerable(for: creator, transaction), createdBy: creator.subject, in: org,
                transaction)
            guard isNew else { throw HTTPFailure.conflict("there is a trust '\(request.id)' already; delete it first") }
            return try await TrustStore.list(id: request.id, transaction).first
        }
        guard let made else { throw PostgresError(.decoding, "the new trust is not there") }
        logger.notice(
            "an issuer is trusted",
            metadata: [
                "org": "\(org)", "by": "\(creator.subject)", "trust": "\(made.id)", "issuer": "\(made.issuer)",
                "subject": "\(made.userID)",
            ])
        return made
    }

    func delete(_ id: String, in org: String, by caller: Principal) async throws {
        guard try await pool.withOrg(org, { try await TrustStore.delete(id, in: org, $0) }) else { throw Self.notFound(id) }
        logger.notice(
            "an issuer is trusted no more", metadata: ["org": "\(org)", "by": "\(caller.id)", "trust": "\(id)"])
    }

    private static func check(_ request: OIDCTrustRequest) throws(HTTPFailure) -> IssuerTrust {
        var problems: [Problem] = []
        func add(_ path: String, _ message: String, suggestion: String? = nil) {
            problems.append(Problem(code: "API-102", path: path, message: message, suggestion: suggestion))
        }
        if !IdentifierRule.application.accepts(request.id) {
            add("id", "'\(request.id.withoutControls.prefix(100))' is no id: \(IdentifierRule.application.words)")
        }
        let known = TokenAlgorithm.allCases.map(\.rawValue)
        var algorithms: [TokenAlgorithm] = []
        for name in (request.algorithms ?? [TokenAlgorithm.rs256.rawValue]).prefix(16) {
            if let algorithm = TokenAlgorithm(rawValue: name) {
                if !algorithms.contains(algorithm) { algorithms.append(algorithm) }
            } else {
                add(
                    "algorithms", "'\(name.withoutControls.prefix(20))' is none of \(known.joined(separator: ", "))",
                    suggestion: nearestName(to: name, among: known))
            }
        }
        if let seconds = request.tokenSeconds, !Self.seconds.contains(seconds) {
            add("token_seconds", "\(Self.seconds.lowerBound) to \(Self.seconds.upperBound) seconds")
        }
        let trust = IssuerTrust(
            issuer: request.issuer, audience: request.audience, algorithms: algorithms, conditions: request.conditions)
        for (field, message) in trust.problems where !(field == "algorithms" && !problems.isEmpty) {
            add(field.withoutControls, message)
        }
        guard problems.isEmpty else { throw .invalid(problems) }
        return trust
    }

    private static func notFound(_ id: String) -> HTTPFailure {
        .notFound("There is no trust '\(id.withoutControls.prefix(100))' here.")
    }
}
