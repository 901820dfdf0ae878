import AuditRules
import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Organisations as the appliance sees them: made, limited, suspended, and let go on. Nothing that a tenant has is read here but how
/// much there is of it.
struct OrganizationDesk: Sendable {
    let database: PostgresPool
    let logs: RoomClient
    /// What a new organisation begins with.
    var standard = OrganizationLimits()

    // MARK: Looking

    func list() async throws -> [OrganizationPicture] {
        var pictures: [OrganizationPicture] = []
        for id in try await TenantStore.all(database) {
            if let picture = try await find(id) { pictures.append(picture) }
        }
        return pictures
    }

    /// - Throws: 404.
    func require(_ id: String) async throws -> OrganizationPicture {
        guard let picture = try await find(id) else { throw HTTPFailure.notFound("organization", id) }
        return picture
    }

    private func find(_ id: String) async throws -> OrganizationPicture? {
        try await database.withOrg(id) { transaction in
            guard let organization = try await OrganizationStore.organization(transaction) else { return nil }
            let tenant = try await TenantStore.tenant(transaction)
            return OrganizationPicture(
                id: organization.id, name: organization.name, createdAt: organization.createdAt,
                createdBy: organization.createdBy, state: tenant.state)
        }
    }

    /// Every limit with what is used of it.
    func limits(_ id: String) async throws -> [LimitUse] {
        let (tenant, use) = try await database.withOrg(id) { transaction in
            guard try await OrganizationStore.organization(transaction) != nil else {
                throw HTTPFailure.notFound("organization", id)
            }
            return (try await TenantStore.tenant(transaction), try await TenantStore.use(transaction))
        }
        var uses = OrganizationLimit.allCases.map { LimitUse($0, limit: tenant.limits[$0], used: use[$0]) }
        for index in uses.indices where uses[index].id == .logBytes { uses[index].used = await logBytes(id) }
        return uses
    }

    /// nil: the log aggregator gives no answer.
    private func logBytes(_ id: String) async -> Int64? {
        let usage: LogUsage? = try? await logs.call(.get, "/v1/logs/usage", query: [("org", id)], timeout: .seconds(5))
        return usage?.bytes
    }

    // MARK: Changing

    /// False when it is there already.
    func make(_ request: OrganizationRequest, by: String) async throws -> Bool {
        guard IdentifierRule.organization.acceptsNew(request.id) else {
            throw HTTPFailure.invalid(
                "'\(request.id)' cannot be the id of an organization: \(IdentifierRule.organization.refusal(of: request.id))")
        }
        return try await database.withOrg(request.id) { transaction in
            AuditTrail.note {
                $0.orgID = request.id
                $0.status = 201
            }
            let made = try await OrganizationStore.insert(
                id: request.id, name: request.name, createdBy: by, transaction)
            // As in the reference, an organisation begins with one environment type.
            let first = EnvironmentType(id: "development", description: "Where developers try things out")
            guard made else {
                AuditTrail.note { $0.status = 200 }
                return false
            }
            _ = try await OrganizationStore.insert(first, transaction)
            try await TenantStore.insert(standard, by: by, transaction)
            return true
        }
    }

    /// - Parameter body: limits by their ids: a number, or null for none; what is not named stays.
    /// - Throws: 422 with every field that is wrong.
    func setLimits(_ id: String, _ body: JSON, by: String) async throws -> [LimitUse] {
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        let known = OrganizationLimit.allCases.map(\.rawValue)
        var problems = Problem.unknownFields(members, known: known)
        for limit in OrganizationLimit.allCases {
            guard let value = members[limit.rawValue], !value.isNull else { continue }
            guard let amount = value.int, (0...Int(OrganizationLimit.most)).contains(amount) else {
                problems.append(
                    Problem(
                        code: "API-102", path: limit.rawValue,
                        message: "a whole number from 0 to \(OrganizationLimit.most) is needed, or null for no limit"))
                continue
            }
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        try await database.withOrg(id) { transaction in
            try await requireStanding(id, transaction)
            try await TenantStore.lockLimits(transaction)
            var limits = try await TenantStore.tenant(transaction).limits
            for limit in OrganizationLimit.allCases {
                if let value = members[limit.rawValue] { limits[limit] = value.int.map { Int64($0) } }
            }
            try await TenantStore.setLimits(limits, by: by, transaction)
            try await HeldEnvironmentStore.tell(transaction)
        }
        return try await limits(id)
    }

    /// Nobody of the organisation gets in any more, and nothing of it begins; what runs goes on running.
    func suspend(_ id: String, reason: String, by: String) async throws -> OrganizationPicture {
        guard reason.utf8.count <= 1000, !reason.utf8.contains(0) else {
            throw HTTPFailure.problems(
                "invalid", [Problem(code: "API-102", path: "reason", message: "at most 1000 bytes, without NUL")])
        }
        try await database.withOrg(id) { transaction in
            try await requireStanding(id, transaction)
            guard try await TenantStore.lock(transaction).state.kind == .active else { return }
            try await TenantStore.setState(.suspended, by: by, reason: reason, transaction)
        }
        return try await require(id)
    }

    /// Goes on as if no time had passed: limits of time do not count it.
    func resume(_ id: String, by: String) async throws -> OrganizationPicture {
        try await database.withOrg(id) { transaction in
            try await requireStanding(id, transaction)
            let state = try await TenantStore.lock(transaction).state
            guard state.kind == .suspended else { return }
            try await RunControlStore.extendDeadlines(since: state.since, transaction)
            try await TenantStore.setState(.active, by: by, reason: "", transaction)
        }
        return try await require(id)
    }

    func contents(_ id: String) async throws -> OrganizationContents {
        _ = try await require(id)
        return try await database.withOrg(id) { try await OrganizationRemovalStore.contents($0) }
    }

    /// All of the organisation goes, soon. Asked again it goes on.
    ///
    /// - Throws: 409 where environments stand, unless they are to go, too.
    func delete(_ id: String, withEverything: Bool, by: String) async throws -> OrganizationPicture {
        try await database.withOrg(id) { transaction in
            guard try await OrganizationStore.organization(transaction) != nil else {
                throw HTTPFailure.notFound("organization", id)
            }
            guard try await TenantStore.lock(transaction).state.kind != .deleting else { return }
            let contents = try await OrganizationRemovalStore.contents(transaction)
            guard withEverything || contents.environments == 0 else {
                throw HTTPFailure(
                    .conflict,
                    ErrorBody(
                        error: "organization_in_use",
                        message:
                            "the organization '\(id)' has \(contents.environments) environments with \(contents.workloads) workloads "
                            + "and \(contents.resources) resources; delete them first, or say that all of it goes "
                            + "(--with-everything, with_everything=true): data too",
                        details: try JSON(encoding: contents)))
            }
            try await TenantStore.setState(.deleting, by: by, reason: "", transaction)
        }
        return try await require(id)
    }

    /// - Throws: 404; 409 for one that is being deleted.
    private func requireStanding(_ id: String, _ transaction: PostgresTransaction) async throws {
        guard try await OrganizationStore.organization(transaction) != nil else {
            throw HTTPFailure.notFound("organization", id)
        }
        guard try await TenantStore.tenant(transaction).state.kind != .deleting else {
            throw HTTPFailure.conflict("the organization '\(id)' is being deleted")
        }
    }
}
