import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Creates, changes and deletes accounts. Credentials go to the broker and never come back.
struct AccountDesk: Sendable {
    let database: PostgresPool
    let broker: RoomClient

    /// How long the broker may take while the account is held.
    private static let patience = Duration.seconds(10)

    /// Contract: CheckResourceAccountData.
    struct Check: Encodable {
        var identityFields: [AccountType.IdentityField]
        var warnings: [String]

        private enum CodingKeys: String, CodingKey {
            case warnings
            case identityFields = "identity_fields"
        }
    }

    /// - Parameter newID: of the place of the credentials; a request that is sent again has it again, and finds what it made.
    /// - Returns: nil where nothing was to be kept (`dry_run`).
    /// - Throws: 400 with all that is wrong; 409 where the id is taken.
    func create(_ request: AccountRequest, newID: String, _ call: RouteCall) async throws -> ResourceAccount? {
        let type = try request.accountType(changing: nil)
        guard let id = request.id, let name = request.name, let credentials = request.credentials else {
            throw HTTPFailure.invalid("id, name, credentials: are needed")
        }
        let orgID = call.orgID, path = "orgs/\(orgID)/accounts/\(id)/\(newID)", isTrial = call.flag("dry_run")
        let made = try await database.preparing(orgID) { transaction -> ResourceAccount? in
            if let found = try await AccountStore.account(id, transaction) {
                guard found.secretPath == path else { throw Self.taken(id) }
                return found.account
            }
            // On the list of what is erased before it is there: whatever happens in between, nothing is left over.
            if !isTrial { try await SecretRemovalStore.add(path, orgID: orgID, delay: 600, transaction) }
            return nil
        }
        guard made == nil, !isTrial else { return isTrial ? nil : made }
        try await keep(type.outputs(of: credentials), at: path, orgID: orgID)
        let record = AccountStore.Record(
            account: ResourceAccount(
                id: id, name: name, type: type.type, isUsed: false, createdBy: call.principal.id,
                createdAt: Timestamp(milliseconds: 0)),
            secretPath: path, identity: type.identity(of: credentials))
        return try await database.withOrg(orgID) { transaction in
            if try await AccountStore.insert(record, transaction) {
                guard try await SecretRemovalStore.keep(path, orgID: orgID, transaction) else {
                    throw HTTPFailure.unavailable("storing the credentials took too long; try again")
                }
            }
            // The same request, sent twice at once, has one of them make it.
            let account = try await Self.require(id, transaction)
            guard account.secretPath == path else { throw Self.taken(id) }
            return account.account
        }
    }

    /// - Returns: nil where nothing was to be kept (`dry_run`).
    /// - Throws: 404; 400 with all that is wrong.
    func change(_ request: AccountRequest, _ id: String, _ call: RouteCall) async throws -> AccountStore.Record? {
        let isTrial = call.flag("dry_run"), orgID = call.orgID
        return try await database.withOrg(orgID) { transaction in
            guard try await AccountStore.lock(id, transaction) else { throw HTTPFailure.notFound("account", id) }
            let before = try await Self.require(id, transaction)
            try call.checkMatch(before.tag)
            let type = try request.accountType(changing: before.account)
            if isTrial { return nil }
            // While it is held, so that nobody deletes it meanwhile and leaves these credentials behind.
            if let credentials = request.credentials {
                try await keep(type.outputs(of: credentials), at: before.secretPath, orgID: orgID)
            }
            try await AccountStore.update(
                id, name: request.name ?? before.account.name,
                identity: request.credentials.map(type.identity) ?? before.identity, by: call.principal.id, transaction)
            return try await Self.require(id, transaction)
        }
    }

    /// - Throws: 404; 400 with what refers to it (contract: ConflictingResourcesErrorResponse).
    func delete(_ id: String, _ call: RouteCall) async throws {
        try await database.withOrg(call.orgID) { transaction in
            guard try await AccountStore.lock(id, transaction) else { throw HTTPFailure.notFound("account", id) }
            try call.checkMatch(try await Self.require(id, transaction).tag)
            let uses = try await AccountStore.uses(of: id, transaction)
            guard uses.isEmpty else {
                throw HTTPFailure.invalid(
                    "the account '\(id)' is used by \(uses.prefix(5).joined(separator: ", "))"
                        + (uses.count > 5 ? " and \(uses.count - 5) more" : "")
                        + "; delete those first, or let them name another",
                    details: ["uses": .array(uses.map(JSON.string))])
            }
            let path = try await Self.require(id, transaction).secretPath
            try await AccountStore.delete(id, transaction)
            try await SecretRemovalStore.add(path, orgID: call.orgID, transaction)
        }
    }

    func check(_ id: String, _ orgID: String) async throws -> Check {
        let record = try await database.withOrg(orgID) { try await Self.require(id, $0) }
        return Check(
            identityFields: record.identity,
            warnings: [
                "the credentials have the form that the type '\(record.account.type)' needs; the provider itself was not asked"
            ])
    }

    static func require(_ id: String, _ transaction: PostgresTransaction) async throws -> AccountStore.Record {
        guard let record = try await AccountStore.account(id, transaction) else { throw HTTPFailure.notFound("account", id) }
        return record
    }

    /// - Throws: 400 where the broker cannot take them.
    private func keep(_ credentials: [String: JSON], at path: String, orgID: String) async throws {
        let request = SecretWriteRequest(
            grant: nil, orgID: orgID, path: path, value: .object(credentials), ifAbsent: false, onlyNewest: true)
        do throws(RoomError) {
            try await broker.send(.post, "/v1/secrets/write", body: request, timeout: Self.patience)
        } catch {
            guard let status = error.status, [400, 413, 422].contains(status) else { throw error }
            throw HTTPFailure.invalid("credentials: \(error.body?.message ?? "cannot be stored")")
        }
    }

    private static func taken(_ id: String) -> HTTPFailure { .conflict("the account '\(id)' exists already") }
}
