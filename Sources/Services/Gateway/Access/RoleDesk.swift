import AuditRules
import DirectoryRules
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Gives roles and takes them.
struct RoleDesk: Sendable {
    let pool: PostgresPool

    func assign(_ request: RoleAssignmentRequest, in org: String) async throws {
        try await change(request, in: org, taking: false)
    }

    /// Takes exactly this role; nothing happens when it is not held.
    func remove(_ request: RoleAssignmentRequest, in org: String) async throws {
        try await change(request, in: org, taking: true)
    }

    private func change(_ request: RoleAssignmentRequest, in org: String, taking: Bool) async throws {
        let grant = try grant(of: request)
        AuditTrail.note { entry in
            entry.object = request.subject
            entry.details["level"] = .string(request.level.rawValue)
            entry.details["on"] = request.object.map { .string($0) }
            entry.details[taking ? "role_before" : "role"] = .string(request.role)
        }
        if request.subject.hasPrefix("group:") {
            guard let name = DistinguishedName(String(request.subject.dropFirst(6))), !name.isEmpty else {
                throw invalid(
                    "subject",
                    "'\(request.subject)' names no group: group:cn=engineers,ou=groups,dc=example,dc=org is of the right form")
            }
            let index = try Subject.index(ofGroup: name.description)
            try await pool.withOrg(org) { transaction in
                if taking {
                    try await RoleStore.remove(grant, fromGroup: name.description, transaction)
                } else {
                    try await RoleStore.assign(grant, toGroup: name.description, in: org, transaction)
                }
                let left = try await RoleStore.grants(ofGroups: [name.description], transaction)
                try await RoleStore.setMembership(of: index, in: org, to: !left.isEmpty, transaction)
            }
            return
        }
        guard let subject = Subject(request.subject) else {
            throw invalid("subject", "'\(request.subject)' is none of user:<id>, service:<id>, group:<DN>")
        }
        try await pool.withOrg(org) { transaction in
            if taking {
                try await RoleStore.remove(grant, from: subject.reference, transaction)
            } else {
                try await RoleStore.assign(grant, to: subject.reference, in: org, transaction)
                try await RoleStore.addMembership(of: subject.reference, in: org, transaction)
            }
        }
        // A person's place in the organisation is settled with the directory's next word, so ask for it soon.
        if subject.isPerson { try await UserStore.forgetCheck(subject.reference, pool) }
    }

    /// Checks level, object and role against each other.
    private func grant(of request: RoleAssignmentRequest) throws(HTTPFailure) -> RoleStore.Grant {
        let known: [String]
        switch request.level {
        case .organization: known = OrgRole.allCases.map(\.rawValue)
        case .application: known = AppRole.allCases.map(\.rawValue)
        case .environmentType: known = EnvTypeRole.allCases.map(\.rawValue)
        }
        guard known.contains(request.role) else {
            throw invalid(
                "role",
                "'\(request.role)' is no role on level '\(request.level.rawValue)'; there are \(known.joined(separator: ", "))",
                suggestion: nearestName(to: request.role, among: known))
        }
        if request.role == OrgRole.artefactContributor.rawValue, !request.subject.hasPrefix("service:") {
            throw invalid("role", "artefactContributor is for service users only")
        }
        let object = request.object ?? ""
        if request.level == .organization {
            guard object.isEmpty else { throw invalid("object", "a role on the organization has no object") }
        } else {
            guard IdentifierRule.application.accepts(object) else {
                throw invalid("object", "'\(object)' is no id: \(IdentifierRule.application.words)")
            }
        }
        return RoleStore.Grant(level: request.level, object: object, role: request.role)
    }

    private func invalid(_ path: String, _ message: String, suggestion: String? = nil) -> HTTPFailure {
        HTTPFailure.invalid([Problem(code: "API-102", path: path, message: message, suggestion: suggestion)])
    }
}
