import Execution
import Manifests
import Planning
import PlatformModel
import Postgres

/// The first step of a deployment: match, graph, plan, and the steps that carry it out.
struct DeploymentPlanner: Sendable {
    /// What was decided.
    struct Outcome: Sendable {
        var plan: DeploymentPlan
        var steps: [StepStore.Step]
        /// The organisation's own profiles that it was made with.
        var profiles: [WorkloadProfile]
    }

    /// What is planned.
    struct Subject {
        var set: DeploymentSet
        var mode: DeploymentMode
        /// Unused resources that are to be destroyed.
        var removing: Set<ResourceIdentity> = []
        /// Of which version the shared values are.
        var values = EnvironmentValues.Pin.newest
        /// Takes the place of the definition of its id: a version that is not active yet.
        var definition: ResourceDefinition?
    }

    /// A plan, and what stands that it was made from.
    struct Draft {
        var plan: DeploymentPlan
        /// The set as the profiles of its workloads make it.
        var set: DeploymentSet
        var profiles: [WorkloadProfile]
        var records: [ActiveResourceStore.Record]
        /// What every workload's deployment brings along.
        var common: [ResourceIdentity]
        /// The shared values.
        var values: [String: ResolvedDocument] = [:]
    }

    /// - Throws: `StepFailure` with every problem that was found, or with what moved since what was asked for was planned.
    func plan(
        _ run: DeploymentStore.Run, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> Outcome {
        let set = try await SetStore.content(run.deployment.setID, appID: run.appID, transaction) ?? DeploymentSet()
        let expected = try await DeploymentStore.expectedPlan(of: run.deployment.id, transaction)
        let subject = Subject(
            set: set, mode: run.deployment.mode, removing: expected?.removing ?? [],
            values: .version(run.deployment.valueSetVersionID))
        var draft: Draft
        do {
            draft = try await self.draft(subject, context, transaction)
            if let repairs = try await DriftStore.repairs(of: run.deployment.id, transaction) {
                draft.plan = try draft.plan.repairing(repairs)
            }
        } catch let error as PlanningError {
            throw StepFailure(error.problems, type: error.problems.allSatisfy { $0.code.hasPrefix("MATCH") } ? "match" : "plan")
        }
        let moves = expected?.moved(to: draft.plan) ?? []
        guard moves.isEmpty else { throw StepFailure(moves.map(\.problem), type: "plan") }
        try await ComputeAdmission.admit(draft, context, transaction)
        return Outcome(
            plan: draft.plan, steps: try order(draft.set, draft.plan).applied(to: steps(draft), of: draft.plan),
            profiles: draft.profiles)
    }

    private func order(_ set: DeploymentSet, _ plan: DeploymentPlan) throws(StepFailure) -> WorkloadOrder {
        do { return try WorkloadOrder(set, plan) } catch { throw StepFailure(error.problems, type: "plan") }
    }

    /// What would be done now.
    ///
    /// - Throws: `PlanningError` with every problem that was found.
    func draft(
        _ subject: Subject, _ context: EnvironmentContext, _ transaction: PostgresTransaction
    ) async throws -> Draft {
        let definitions = try await DefinitionStore.list(transaction).map { record in
            subject.definition.flatMap { $0.id == record.definition.id ? $0 : nil } ?? record.definition
        }
        let types = ResourceType.builtIn + (try await DefinitionStore.types(transaction))
        let records = try await ActiveResourceStore.list(context, transaction)
        let (set, profiles) = try await ProfileSets.newest(of: subject.set, transaction)
        let values = try await EnvironmentValues.read(subject.values, context, transaction).resolved
        let accounts = try await Self.accounts(of: definitions, transaction)
        let graph = try Self.graph(set, context, definitions, types, Set(values.keys), accounts)
        let workloads = records.filter(\.resource.identity.isWorkload)
        let deployed = Dictionary(
            workloads.map { (Self.workload(of: $0), $0.resource.status == "active" ? $0.inputsDigest : "") },
            uniquingKeysWith: { first, _ in first })
        let identities = Dictionary(
            records.map { ($0.resource.identity.description, $0.resource.identity) }, uniquingKeysWith: { first, _ in first })
        let known = records.filter { !$0.resource.isPassThroughWorkload }.map { record in
            KnownResource(
                record.resource, inputDigest: record.inputsDigest, failed: record.resource.status != "active",
                inputs: ResolvedDocument(record.inputs, slots: record.slots),
                dependsOn: record.dependsOn.compactMap { identities[$0] })
        }
        var plan = DeploymentPlan.make(
            graph: graph, set: set, setID: profiles.isEmpty ? nil : subject.set.contentID,
            previous: try await Self.running(workloads, appID: context.appID, transaction),
            known: known, context: context, mode: subject.mode, workloadDigests: deployed, values: values,
            removing: subject.removing)
        plan.unused.removeAll(where: \.isWorkload)
        let common = Self.common(plan, records)
        Self.deployAgain(&plan, since: common)
        _ = try WorkloadOrder(set, plan)
        return Draft(plan: plan, set: set, profiles: profiles, records: records, common: common, values: values)
    }

    /// - Throws: `PlanningError` with the problems of the graph, and of when its workloads are to be deployed.
    private static func graph(
        _ set: DeploymentSet, _ context: EnvironmentContext, _ definitions: [ResourceDefinition], _ types: [ResourceType],
        _ values: Set<String>, _ accounts: KnownAccounts
    ) throws(PlanningError) -> ResourceGraph {
        let problems = set.conditionProblems
        let graph: ResourceGraph
        do throws(PlanningError) {
            graph = try GraphBuilder.build(
                set: set, context: context, definitions: definitions, resourceTypes: types, values: values,
                accounts: accounts, checksOutputs: true)
        } catch {
            throw PlanningError(problems + error.problems)
        }
        guard problems.isEmpty else { throw PlanningError(problems) }
        return graph
    }

    /// Read only where some definition may name one.
    private static func accounts(
        of definitions: [ResourceDefinition], _ transaction: PostgresTransaction
    ) async throws -> KnownAccounts {
        guard definitions.contains(where: { $0.driverAccount?.isEmpty == false }) else { return KnownAccounts() }
        return try await AccountStore.known(transaction)
    }

    /// What no workload refers to and every workload's deployment brings along: objects for the namespace or the cluster, and the
    /// namespace itself.
    private static func common(_ plan: DeploymentPlan, _ records: [ActiveResourceStore.Record]) -> [ResourceIdentity] {
        let bringing = Set(records.filter { !$0.manifests.isEmpty }.map(\.resource.identity))
        let isTemplate = Dictionary(
            plan.nodes.map {
                ($0.node.identity, ![nil, "", .null].contains($0.node.driverInputs.values["templates"]?["manifests"]))
            },
            uniquingKeysWith: { first, _ in first })
        return PlanReach(plan).common.filter { $0 == .namespace || bringing.contains($0) || isTemplate[$0] == true }
    }

    /// Workloads that would be kept are deployed once more where what is common to all of them changes.
    private static func deployAgain(_ plan: inout DeploymentPlan, since common: [ResourceIdentity]) {
        let isCommon = Set(common)
        let changed = plan.nodes.first { isCommon.contains($0.node.identity) && $0.action != .keep }
        guard let changed else { return }
        for index in plan.nodes.indices where plan.nodes[index].node.workload != nil && plan.nodes[index].action == .keep {
            plan.nodes[index].action = .update
            plan.nodes[index].reason = "\(changed.node.identity), which is the whole environment's, changes"
        }
    }

    private static func workload(of record: ActiveResourceStore.Record) -> String {
        String(record.resource.resID.dropFirst("modules.".count))
    }

    /// A set of the workloads that are on record as running, each as it was deployed last; one whose set is not among the newest that
    /// they came from is there without content, since only what changed is read from it.
    private static func running(
        _ records: [ActiveResourceStore.Record], appID: String, _ transaction: PostgresTransaction
    ) async throws -> DeploymentSet {
        let deployments = try await DeploymentStore.deployments(
            Array(Set(records.map(\.resource.deployID))), transaction)
        let newest = Set(deployments.values.sorted { $0.createdAt > $1.createdAt }.map(\.setID).prefix(Self.comparedSets))
        var sets: [String: DeploymentSet] = [:]
        for id in newest { sets[id] = try await SetStore.content(id, appID: appID, transaction) }
        let isOwn = sets.values.contains { $0.modules.values.contains { WorkloadProfile.isOwn($0.profile) } }
        let profiles = isOwn ? try await ProfileStore.pinned(to: Array(deployments.keys), transaction) : [:]
        var running = DeploymentSet()
        for record in records {
            let name = workload(of: record), id = record.resource.deployID
            var module = deployments[id].flatMap { sets[$0.setID] }?.modules[name]
            if let profile = profiles[id]?.first(where: { $0.id == module?.profile }), let found = module {
                module = try? profile.applied(to: found, at: "modules.\(name)")
            }
            running.modules[name] = module ?? Workload(profile: "", spec: [:])
        }
        return running
    }

    /// Workloads that were deployed at different times come from different sets; each costs a read of the whole of it.
    private static let comparedSets = 4

    /// A resource is provisioned (after it was destroyed by its old definition, where it is replaced); a workload is provisioned where
    /// a definition matches it, then deployed. What is kept has no step. What is to be removed goes once nothing uses it any more.
    private func steps(_ draft: Draft) -> [StepStore.Step] {
        let plan = draft.plan
        let provisioned = Set(draft.records.filter { !$0.resource.isPassThroughWorkload }.map(\.resource.guResID))
        var last: [ResourceIdentity: String] = [:]
        var steps: [StepStore.Step] = []
        func add(_ node: String, _ verb: String, _ object: String, _ dependsOn: [String], _ driverType: String = "") -> String {
            let step = StepStore.Step(
                node: node, verb: verb, object: object, dependsOn: dependsOn, driver: DriverName.common(driverType))
            steps.append(step)
            return step.id
        }
        let planID = StepStore.stepID(node: RunQueue.planNode, verb: "plan")
        for planned in plan.nodes where planned.action != .keep && planned.action != .delete {
            let node = planned.node
            let object = node.workload.map { "workload \($0)" } ?? node.identity.description
            var needs = node.dependsOn.compactMap { last[$0] } + [planID]
            if planned.action == .replace { needs = [add(node.guResID, "destroy", object, needs, node.driverType)] }
            if !node.isPassThrough { needs = [add(node.guResID, "provision", object, needs, node.driverType)] }
            if node.workload != nil { needs = [add(node.guResID, "deploy", object, needs)] }
            last[node.identity] = needs[0]
        }
        // All that is made is there before a workload runs, also what none of them refers to (humanitec.md section 4).
        let awaited = PlanReach(plan).lastCommon.compactMap { last[$0] }
        for index in steps.indices where steps[index].verb == "deploy" { steps[index].dependsOn += awaited }
        for name in plan.removedWorkloads {
            let identity = ResourceIdentity(type: "workload", id: "modules.\(name)")
            let node = plan.context.guResID(of: identity)
            let removed = add(node, "remove", "workload \(name)", [planID])
            if provisioned.contains(node) { _ = add(node, "destroy", "workload \(name)", [removed]) }
        }
        return steps + removals(draft, after: [planID] + steps.map(\.id))
    }

    /// Dependents go before what they depend on; all of them once the rest is done: what ran until now may have used them.
    private func removals(_ draft: Draft, after done: [String]) -> [StepStore.Step] {
        let gone = draft.plan.removing
        guard !gone.isEmpty else { return [] }
        var dependents: [String: [String]] = [:]
        for record in draft.records where gone.contains(record.resource.identity) {
            let step = StepStore.stepID(node: record.resource.guResID, verb: "destroy")
            for need in record.dependsOn { dependents[need, default: []].append(step) }
        }
        return draft.records.filter { gone.contains($0.resource.identity) }.map { record in
            let object = record.resource.identity.description
            return StepStore.Step(
                node: record.resource.guResID, verb: "destroy", object: object,
                dependsOn: done + dependents[object, default: []],
                driver: DriverName.common(record.resource.driverType))
        }
    }
}

extension PlanMove {
    /// As an error of the deployment that was to carry the plan out.
    fileprivate var problem: Problem {
        Problem(
            code: "PLAN-110", path: id.isEmpty ? member.rawValue : id,
            message: "the plan no longer holds: \(description); plan again, and deploy the new plan")
    }
}
