import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Organisations' own secret stores. The broker keeps them; here is who may, and what uses them.
struct SecretStoreDesk: Sendable {
    let database: PostgresPool
    let broker: RoomClient

    /// Contract: CreateSecretStorePayloadRequest, UpdateSecretStorePayloadRequest.
    struct Request: Decodable, Sendable {
        var id: String?
        var primary: Bool?
        var vault: JSON?
        var awssm: JSON?
        var azurekv: JSON?
        var gcpsm: JSON?

        /// - Throws: 400 with all that is wrong.
        func specification() throws(HTTPFailure) -> JSON? {
            var problems: [String] = []
            for (name, given) in [("awssm", awssm), ("azurekv", azurekv), ("gcpsm", gcpsm)]
            where given.map({ !$0.isNull }) == true {
                problems.append("\(name): this kind of store is not supported; vault is (Vault and OpenBao)")
            }
            if primary == true {
                problems.append(
                    "primary: what is written here goes to the built-in store; another one is referred to by store and ref")
            }
            guard problems.isEmpty else { throw HTTPFailure.invalid(problems.joined(separator: "; ")) }
            return vault.flatMap { $0.isNull ? nil : $0 }
        }
    }

    func list(_ orgID: String) async throws -> [SecretStorePicture] {
        let own: [SecretStoreRecord] = try await broker.call(.get, "/v1/stores", query: [("org", orgID)])
        guard let builtIn = try await builtIn(orgID) else { return own.map { SecretStorePicture($0) } }
        return [builtIn] + own.map { SecretStorePicture($0) }
    }

    /// - Throws: 404.
    func store(_ id: String, _ orgID: String) async throws -> SecretStorePicture {
        guard let store = try await list(orgID).first(where: { $0.id == id }) else {
            throw HTTPFailure.notFound("secret store", id)
        }
        return store
    }

    func write(_ vault: JSON, id: String, isNew: Bool, _ call: RouteCall) async throws -> SecretStorePicture {
        try Self.refuseBuiltIn(id)
        let write = SecretStoreWrite(orgID: call.orgID, by: call.principal.id, isNew: isNew, vault: vault)
        return try await editing(id, call, isNew: isNew) {
            SecretStorePicture(
                try await Self.answered("secret store", id) { () async throws(RoomError) -> SecretStoreRecord in
                    try await broker.call(.put, "/v1/stores/\(HTTPCall.segment(id))", body: write, timeout: Self.patience)
                })
        }
    }

    /// How long the broker may take while the store is held.
    private static let patience = Duration.seconds(10)

    /// The broker keeps it, and here editors take turns: whoever changes one comes by here.
    private func editing<Result: Sendable>(
        _ id: String, _ call: RouteCall, isNew: Bool = false, _ body: @Sendable () async throws -> Result
    ) async throws -> Result {
        try await database.withOrg(call.orgID) { transaction in
            if !isNew {
                try await call.edit("secretstores/\(id)", transaction) {
                    let own: [SecretStoreRecord] = try await broker.call(
                        .get, "/v1/stores", query: [("org", call.orgID)], timeout: Self.patience)
                    guard let store = own.first(where: { $0.id == id }) else { throw HTTPFailure.notFound("secret store", id) }
                    return SecretStorePicture(store)
                }
            }
            return try await body()
        }
    }

    /// - Throws: 409 with what uses it.
    func delete(_ id: String, _ call: RouteCall) async throws {
        try Self.refuseBuiltIn(id)
        let orgID = call.orgID
        let uses = try await database.withOrg(orgID) { try await SecretStoreUse.list(of: id, $0) }
        guard uses.isEmpty else {
            throw HTTPFailure.conflict(
                "the secret store '\(id)' is used by \(uses.prefix(5).map(\.words).joined(separator: ", "))"
                    + (uses.count > 5 ? " and \(uses.count - 5) more" : "") + "; let them refer to another one first",
                details: ["uses": try JSON(encoding: uses)])
        }
        try await editing(id, call) {
            _ = try await Self.answered("secret store", id) { () async throws(RoomError) -> HTTPAnswer in
                try await broker.send(
                    .delete, "/v1/stores/\(HTTPCall.segment(id))", query: [("org", orgID)], timeout: Self.patience)
            }
        }
    }

    func check(_ id: String, _ orgID: String) async throws -> SecretStoreCheck {
        if id == SecretStorePicture.builtInID {
            return SecretStoreCheck(steps: [.init(step: "broker", ok: true, message: "the built-in store needs no check")])
        }
        return try await Self.answered("secret store", id) { () async throws(RoomError) -> SecretStoreCheck in
            try await broker.call(
                .post, "/v1/stores/\(HTTPCall.segment(id))/check", query: [("org", orgID)], timeout: .seconds(90))
        }
    }

    private func builtIn(_ orgID: String) async throws -> SecretStorePicture? {
        try await database.withOrg(orgID) { try await OrganizationStore.organization($0) }.map {
            SecretStorePicture(builtInOf: $0)
        }
    }

    private static func refuseBuiltIn(_ id: String) throws(HTTPFailure) {
        guard id != SecretStorePicture.builtInID else {
            throw HTTPFailure.conflict("the built-in secret store cannot be changed or deleted")
        }
    }

    /// What the broker refuses is the client's to mend.
    private static func answered<Answer>(_ thing: String, _ id: String, _ body: () async throws(RoomError) -> Answer) async throws
        -> Answer
    {
        do throws(RoomError) { return try await body() } catch {
            guard let body = error.body, let status = error.status else { throw error }
            switch status {
            case 404: throw HTTPFailure.notFound(thing, id)
            case 409: throw HTTPFailure.conflict(body.message)
            case 400, 422: throw HTTPFailure.invalid(body.message, details: body.details)
            default: throw error
            }
        }
    }
}
