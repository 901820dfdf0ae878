import HTTPTypes
import Manifests
import PlatformModel
import Postgres
import ServiceRuntime

/// Creates, changes and deletes an organisation's own workload profiles.
struct ProfileDesk: Sendable {
    let database: PostgresPool

    /// Of what uses a profile.
    private static let mostTold = 100

    func list(_ call: RouteCall) async throws -> [ProfileStore.Record] {
        let own = try await database.withOrg(call.orgID, ProfileStore.list)
        let all = WorkloadProfile.builtIn.map { Self.record($0) } + own
        return all.filter { call.flag("deprecated") || $0.profile.deprecationMessage.isEmpty }
    }

    func create(_ request: ProfileRequest, _ call: RouteCall) async throws -> ProfileStore.Record {
        let id = try Self.ownID(request.id ?? "", orgID: call.orgID)
        let profile = request.profile(id: id)
        try Self.refuse(profile.problems)
        return try await database.withOrg(call.orgID) { transaction in
            guard try await ProfileStore.write(profile, isNew: true, by: call.principal.id, transaction) else {
                throw HTTPFailure.conflict("the workload profile '\(id)' exists already")
            }
            return try await Self.require(id, transaction)
        }
    }

    /// A new version.
    func replace(_ request: ProfileRequest, _ call: RouteCall) async throws -> ProfileStore.Record {
        let id = Self.id(call)
        return try await database.withOrg(call.orgID) { transaction in
            try await Self.requireOwn(id, call, transaction)
            let profile = request.profile(id: id)
            try Self.refuse(profile.problems)
            guard try await ProfileStore.write(profile, isNew: false, by: call.principal.id, transaction) else {
                throw HTTPFailure.conflict("the workload profile '\(id)' has a version '\(profile.versionID)' already")
            }
            return try await Self.require(id, transaction)
        }
    }

    /// - Throws: 409 with the environments whose workloads are of it.
    func delete(_ call: RouteCall) async throws {
        let id = Self.id(call)
        try await database.withOrg(call.orgID) { transaction in
            try await Self.requireOwn(id, call, transaction)
            let uses = try await ProfileStore.uses(id, transaction)
            guard uses.isEmpty else {
                throw HTTPFailure.conflict(
                    "the workload profile '\(id)' is in use in \(uses.count) environments; give their workloads another profile, and "
                        + "deploy them, first",
                    details: [
                        "environments": .array(
                            uses.prefix(Self.mostTold).map { ["app_id": .string($0.appID), "env_id": .string($0.envID)] }),
                        "total": .int(Int64(uses.count)),
                    ])
            }
            try await ProfileStore.delete(id, transaction)
        }
    }

    func get(_ call: RouteCall) async throws -> ProfileStore.Record {
        let id = Self.id(call)
        if let builtIn = Self.builtIn(id) { return builtIn }
        return try await database.withOrg(call.orgID) { try await Self.require(id, $0) }
    }

    /// Newest first.
    func versions(_ call: RouteCall) async throws -> [ProfileStore.Record] {
        let id = Self.id(call)
        if let builtIn = Self.builtIn(id) { return [builtIn] }
        return try await database.withOrg(call.orgID) { transaction in
            _ = try await Self.require(id, transaction)
            return try await ProfileStore.versions(of: id, transaction)
        }
    }

    // MARK: The parts

    /// `web` is the organisation's own, too.
    private static func id(_ call: RouteCall) -> String {
        let id = call.parameter("profileQid")
        return id.contains("/") ? id : "\(call.orgID)/\(id)"
    }

    /// - Throws: 400 for what cannot be one's own.
    private static func ownID(_ given: String, orgID: String) throws -> String {
        let bare = given.hasPrefix(orgID + "/") ? String(given.dropFirst(orgID.count + 1)) : given
        guard IdentifierRule.organization.accepts(bare) else {
            throw HTTPFailure.invalid(
                "id: '\(given.prefix(80))' cannot be a workload profile of your own: it is '\(orgID)/' and "
                    + IdentifierRule.organization.words)
        }
        return "\(orgID)/\(bare)"
    }

    private static func record(_ profile: WorkloadProfile) -> ProfileStore.Record {
        // There from the first version of Martlet on.
        let beginning = Timestamp(milliseconds: 0)
        return ProfileStore.Record(
            profile: profile, createdAt: beginning, createdBy: "martlet", updatedAt: beginning, updatedBy: "martlet")
    }

    private static func builtIn(_ id: String) -> ProfileStore.Record? {
        guard let name = WorkloadRenderer.builtIn(id) else { return nil }
        return WorkloadProfile.builtIn.first { $0.id == "humanitec/\(name)" }.map(record)
    }

    private static func require(_ id: String, _ transaction: PostgresTransaction) async throws -> ProfileStore.Record {
        guard let record = try await ProfileStore.profile(id, transaction) else {
            throw HTTPFailure.notFound("workload profile", id)
        }
        return record
    }

    /// - Throws: 403 for one that comes with Martlet, 404 for one that is not there.
    private static func requireOwn(_ id: String, _ call: RouteCall, _ transaction: PostgresTransaction) async throws {
        guard builtIn(id) == nil else {
            throw HTTPFailure(
                .forbidden, "forbidden", "the workload profile '\(id)' comes with Martlet: it cannot be changed or deleted")
        }
        guard try await ProfileStore.lock(id, transaction) else { throw HTTPFailure.notFound("workload profile", id) }
        try await call.edit("profiles/\(id)", transaction) {
            ProfilePicture(try await require(id, transaction), orgID: call.orgID, isVersion: false)
        }
    }

    private static func refuse(_ problems: [Problem]) throws {
        guard !problems.isEmpty else { return }
        throw HTTPFailure.invalid(
            problems.map(\.description).joined(separator: "\n"), details: HTTPFailure.details(problems))
    }
}

/// Contract: WorkloadProfileRequest, WorkloadProfileUpdateRequest.
struct ProfileRequest: Decodable {
    var id: String?
    var description: String?
    var deprecationMessage: String?
    var specDefinition: JSON
    var version: String?
    var chart: WorkloadProfile.Chart

    func profile(id: String) -> WorkloadProfile {
        let named = version.flatMap { $0.isEmpty ? nil : $0 }
        return WorkloadProfile(
            id: id, versionID: named ?? RandomIdentifier.short(), description: description ?? "",
            deprecationMessage: deprecationMessage ?? "", specDefinition: specDefinition, chart: chart)
    }

    private enum CodingKeys: String, CodingKey {
        case id, description, version
        case deprecationMessage = "deprecation_message"
        case specDefinition = "spec_definition"
        case chart = "workload_profile_chart"
    }
}
