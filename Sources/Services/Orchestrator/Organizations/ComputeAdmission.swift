import Manifests
import Planning
import PlatformModel
import Postgres

/// Whether what a deployment makes of an organisation's workloads fits its limits on containers, processors and memory: looked at when
/// it is planned, by what the workloads themselves say, and once more before each is deployed, by its objects.
///
/// What counts is the larger of what is deployed and what is planned. A deployment that makes nothing more than it is may go on where a
/// limit was lowered below it.
enum ComputeAdmission {
    /// Takes what the plan asks for, until its deployment has ended; in the transaction that plans.
    ///
    /// - Throws: `StepFailure` with every limit that it does not fit, and every container that does not say what it takes.
    static func admit(
        _ draft: DeploymentPlanner.Draft, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let demands = draft.set.modules.mapValues { ComputeDemand(workload: $0) }
        let changing = draft.plan.nodes.filter { $0.action != .keep }.compactMap(\.node.workload)
        let limits = try await TenantStore.tenant(transaction).limits
        let known = try await WorkloadUseStore.list(context, transaction)
        // What was deployed before anybody counted is counted from now on.
        let uncounted = Set(demands.keys).subtracting(known.map(\.workload))
        let planned = demands.filter { changing.contains($0.key) || uncounted.contains($0.key) }
        if ComputeDemand.limits.contains(where: { limits[$0] != nil }) {
            try await TenantStore.lockLimits(transaction)
            let uses = try await uses(after: demands.values, limits, context, transaction)
            var problems = uses.compactMap { problem($0, context, path: "limits.\($0.id.rawValue)") }
            for name in changing.sorted() {
                problems += demands[name].map { unbounded($0, of: name, limits) } ?? []
            }
            guard problems.isEmpty else { throw StepFailure(problems, type: "plan") }
        }
        try await WorkloadUseStore.plan(planned, context, transaction)
    }

    /// The same before a workload is deployed, by its objects: outputs, profiles and definitions may have made more of it. The last thing
    /// that its transaction does.
    static func admit(
        _ rendered: RenderedWorkload, of name: String, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws {
        let demand = ComputeDemand(objects: rendered.objects)
        let limits = try await TenantStore.tenant(transaction).limits
        let known = try await WorkloadUseStore.list(context, transaction)
        let own = known.first { $0.workload == name }
        var problems = unbounded(demand, of: name, limits)
        if let reserved = own?.planned ?? own?.deployed, !demand.fits(in: reserved),
            ComputeDemand.limits.contains(where: { limits[$0] != nil })
        {
            try await TenantStore.lockLimits(transaction)
            let others = known.filter { $0.workload != name }.map { $0.planned ?? $0.deployed }
            let uses = try await uses(after: others + [demand], limits, context, transaction)
            problems += uses.compactMap { problem($0, context, path: "limits.\($0.id.rawValue)") }
        }
        guard problems.isEmpty else { throw StepFailure(problems, type: "deploy").about("workload \(name)") }
        try await WorkloadUseStore.plan([name: demand], context, transaction)
    }

    /// The organisation's limits with what is used, and what it would be with these workloads in an environment.
    static func outlook(
        of set: DeploymentSet, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> [LimitUse] {
        let limits = try await TenantStore.tenant(transaction).limits
        return try await uses(after: set.modules.values.map { ComputeDemand(workload: $0) }, limits, context, transaction)
    }

    private static func uses(
        after demands: some Collection<ComputeDemand>, _ limits: OrganizationLimits, _ context: EnvironmentContext,
        _ transaction: PostgresTransaction
    ) async throws -> [LimitUse] {
        let sums = try await transaction.pipeline([WorkloadUseStore.sum(), WorkloadUseStore.sum(besides: context)])
        guard let all = try sums[0].first.map(WorkloadUseStore.demand),
            let others = try sums[1].first.map(WorkloadUseStore.demand)
        else { throw PostgresError(.decoding, "a sum gave no row") }
        let after = demands.reduce(others) { $0.adding($1) }
        return ComputeDemand.limits.map { LimitUse($0, limit: limits[$0], used: all[$0], planned: after[$0]) }
    }

    private static func problem(_ use: LimitUse, _ context: EnvironmentContext, path: String) -> Problem? {
        guard let after = use.planned, !use.allows(after) else { return nil }
        return Problem(code: "PLAN-116", path: path, message: use.refusal(after, of: context.orgID))
    }

    /// What says no limit of its own could take all there is.
    private static func unbounded(_ demand: ComputeDemand, of workload: String, _ limits: OrganizationLimits) -> [Problem] {
        func problems(_ limit: OrganizationLimit, _ containers: Set<String>, _ field: String, _ example: String) -> [Problem] {
            guard limits[limit] != nil else { return [] }
            return containers.sorted().map { name in
                Problem(
                    code: "PLAN-117", path: "modules.\(workload).spec.containers.\(name).resources.limits.\(field)",
                    message: "the organization's \(limit.things) are limited, so each container says how much it may use: "
                        + "resources.limits.\(field), such as \(example)")
            }
        }
        return problems(.cpuMillis, demand.withoutCPU, "cpu", "250m")
            + problems(.memoryBytes, demand.withoutMemory, "memory", "128Mi")
    }
}

extension StepFailure {
    /// The same, of this object.
    fileprivate func about(_ object: String) -> StepFailure {
        var failure = self
        failure.errors = errors.map { $0.about(object) }
        return failure
    }
}
