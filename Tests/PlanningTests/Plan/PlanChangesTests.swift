import Planning
import PlatformModel
import Testing

/// What a plan says of what changes, what goes, and whether it still holds.
struct PlanChangesTests {
    private static let set = DeploymentSet(modules: [
        "web": Samples.workload(
            variables: ["HOST": "${externals.db.host}"],
            externals: ["db": ResourceRequest(type: "pg", params: ["size": "small", "text": "t"])])
    ])
    private static let config = Samples.definition("config", "config", values: ["host": "h1"])
    private static let pg = Samples.definition(
        "pg", "pg",
        values: ["host": "${resources.config.outputs.host}", "level": "${values.LEVEL}", "run": "${context.deploy.id}"],
        secretRefs: ["password": ["ref": "kv/one"]])

    /// What stands once a plan was carried out; every driver gives back its values.
    private func stands(_ plan: DeploymentPlan, _ set: DeploymentSet, _ values: [String: ResolvedDocument]) throws
        -> [KnownResource]
    {
        var outputs: [ResourceIdentity: NodeOutputs] = [:]
        return try plan.nodes.filter { !$0.node.isPassThrough }.map { planned in
            let node = planned.node
            let scope = DeploymentScope(deploymentID: "d1", setID: plan.setID, outputs: outputs, values: values)
            let inputs = try plan.resolveInputs(of: node, in: scope)
            let given = inputs.document["values"] ?? [:]
            outputs[node.identity] = NodeOutputs(values: given, secretRefs: [:], guResID: node.guResID)
            return KnownResource(
                ActiveResource(
                    context: Samples.development, identity: node.identity, guResID: node.guResID, defID: node.definitionID,
                    defVersionID: node.definitionVersionID, criteriaID: node.criteriaID, driverType: node.driverType,
                    driverAccount: nil, deployID: "d1", status: "active", resource: given, secretRefs: [:],
                    updatedAt: Timestamp(milliseconds: 0)),
                inputDigest: planned.inputDigest, inputs: inputs, dependsOn: node.dependsOn)
        }
    }

    private func plan(
        _ set: DeploymentSet = set, _ definitions: [ResourceDefinition] = [pg, config], level: String = "info",
        after known: [KnownResource] = [], previous: DeploymentSet? = nil, digests: [String: String] = [:],
        mode: DeploymentMode = .incremental, removing: Set<ResourceIdentity> = []
    ) throws -> DeploymentPlan {
        let graph = try GraphBuilder.build(
            set: set, context: Samples.development, definitions: definitions, values: ["LEVEL", "OTHER"])
        return DeploymentPlan.make(
            graph: graph, set: set, previous: previous, known: known, context: Samples.development, mode: mode,
            workloadDigests: digests,
            values: ["LEVEL": ResolvedDocument(.string(level)), "OTHER": ResolvedDocument(.string(level + "!"))],
            removing: removing)
    }

    private func first() throws -> [KnownResource] {
        try stands(try plan(), Self.set, ["LEVEL": ResolvedDocument("info")])
    }

    private func node(_ type: String, _ plan: DeploymentPlan) throws -> PlannedNode {
        try #require(plan.nodes.first { $0.node.identity.type == type })
    }

    @Test func anUpdateNamesWhatChanged() throws {
        var set = Self.set, pg = Self.pg
        set.modules["web"]?.externals["db"]?.params = ["size": "large", "text": "t", "new": 1]
        pg.driverInputs.secretRefs = ["password": ["ref": "kv/two"]]
        let planned = try node("pg", try plan(set, [pg, Self.config], level: "debug", after: try first(), previous: Self.set))
        #expect(planned.action == .update)
        #expect(planned.reason == "/params/new, /params/size, /secrets/password and 1 more changed")
        let texts = planned.changes.map(\.description)
        #expect(texts[0] == "/params/new: nothing -> 1" && texts[1] == #"/params/size: "small" -> "large""#)
        #expect(texts[3] == #"/values/level: "info" -> "debug""# && texts.count == 4)
        guard case .secret(let before)? = planned.changes[2].before, case .secret(let after)? = planned.changes[2].after else {
            Issue.record("\(planned.changes[2]) shows no fingerprints")
            return
        }
        #expect(before != after && before.count == 12 && !texts.joined().contains("kv/"))
        #expect(try JSON(encoding: planned).decode(PlannedNode.self) == planned)
    }

    /// What a dependency will give is known only once it is done; nothing is claimed of it before.
    @Test func whatComesFromAChangingResourceIsNotKnownYet() throws {
        var config = Self.config
        config.driverInputs.values = ["host": "h2"]
        let plan = try plan(Self.set, [Self.pg, config], after: try first(), previous: Self.set)
        #expect(try node("config", plan).changes.map(\.description) == [#"/values/host: "h1" -> "h2""#])
        let planned = try node("pg", plan)
        let id = "config.default#modules.web.externals.db"
        #expect(planned.action == .update && planned.reason == "it depends on \(id), which changes too")
        #expect(planned.changes.map(\.description) == [#"/values/host: "h1" -> known after \#(id)"#])
    }

    /// A shared value reaches those that read it; a full deployment of what did not change says so.
    @Test func onlyReadersOfAValueAreTouched() throws {
        let known = try first()
        let plan = try plan(level: "debug", after: known, previous: Self.set)
        #expect(try node("pg", plan).changes.map(\.path) == ["/values/level"])
        #expect(try node("config", plan).action == .keep)
        let full = try self.plan(after: known, previous: Self.set, mode: .full)
        #expect(try node("pg", full).reason == "a full deployment provisions every resource again")
        #expect(try node("pg", full).changes.isEmpty)
    }

    @Test func aLongTextIsCutAndStillTellsTheDifference() throws {
        let text = String(repeating: "x", count: 5000)
        var set = Self.set
        set.modules["web"]?.externals["db"]?.params = ["size": "small", "text": .string(text + "a")]
        let known = try stands(try plan(set), set, ["LEVEL": ResolvedDocument("info")])
        set.modules["web"]?.externals["db"]?.params = ["size": "small", "text": .string(text + "b")]
        let change = try #require(try node("pg", try plan(set, after: known, previous: set)).changes.first)
        #expect(change.before != change.after && change.description.utf8.count < 400, "\(change)")
    }

    @Test func aWorkloadNamesItsChangedFields() throws {
        var set = Self.set
        set.modules["web"]?.spec["replicas"] = 2
        let plan = try plan(set, after: try first(), previous: Self.set, digests: ["web": "before"])
        let planned = try node("workload", plan)
        #expect(planned.changes.map(\.description) == ["/spec/replicas: nothing -> 2"])
        #expect(planned.reason == "/spec/replicas changed")
    }

    /// Every resource that stands has its line; what is to be removed goes dependents first, and stays where another needs it.
    @Test func whatIsUnusedGoesOnlyWhenAsked() throws {
        let known = try first(), empty = DeploymentSet()
        func lines(_ removing: Set<ResourceIdentity>) throws -> [String] {
            try self.plan(empty, after: known, previous: Self.set, removing: removing).removals.map {
                "\($0.identity.type) \($0.action)"
            }
        }
        let all = Set(known.map(\.resource.identity))
        #expect(try lines([]) == ["workload delete", "config keep", "pg keep"])
        #expect(try lines(all) == ["workload delete", "pg delete", "config delete"])
        let config = all.filter { $0.type == "config" }
        #expect(try lines(config) == ["workload delete", "config keep", "pg keep"])
        let plan = try self.plan(empty, after: known, previous: Self.set, removing: config)
        #expect(plan.removals[1].reason == "pg.default#modules.web.externals.db, which stays, depends on it")
        #expect(plan.unused.count == 2 && plan.removedWorkloads == ["web"])
    }

    @Test func aStalePlanSaysWhatMoved() throws {
        let known = try first(), plan = try plan(after: known, previous: Self.set)
        #expect(plan.basis.moved(to: try self.plan(after: known.reversed(), previous: Self.set).basis).isEmpty)
        func moved(_ now: DeploymentPlan) -> [String] { plan.basis.moved(to: now.basis) }
        var set = Self.set, pg = Self.pg, other = known
        set.modules["web"]?.spec["replicas"] = 2
        #expect(moved(try self.plan(set, after: known, previous: Self.set)) == ["the deployment set"])
        pg.driverInputs.values["host"] = "other"
        #expect(moved(try self.plan(Self.set, [pg, Self.config], after: known, previous: Self.set)) == ["a resource definition"])
        #expect(moved(try self.plan(level: "debug", after: known, previous: Self.set)) == ["a shared value"])
        other[0].resource.resource = ["host": "another"]
        #expect(moved(try self.plan(after: other, previous: Self.set)) == ["what stands in the environment"])
    }

    /// Each thing that moved is named, and nothing else is.
    @Test func whatMovedIsNamed() throws {
        let known = try first(), plan = try plan(after: known, previous: Self.set, digests: ["web": "one"])
        func moved(_ now: DeploymentPlan) -> [String] { plan.moved(to: now).map(\.description) }
        #expect(moved(try self.plan(after: known.reversed(), previous: Self.set, digests: ["web": "one"])).isEmpty)
        let level = try self.plan(level: "debug", after: known, previous: Self.set, digests: ["web": "one"])
        #expect(moved(level) == ["value LEVEL is not what it was", "value OTHER is not what it was"])
        var other = known
        other[0].resource.resource = ["host": "another"]
        #expect(
            moved(try self.plan(after: other, previous: Self.set, digests: ["web": "two"])) == [
                "resource \(other[0].resource.identity) is not what it was", "workload web is not what it was",
            ])
        other.removeFirst()
        #expect(
            moved(try self.plan(after: other, previous: Self.set, digests: ["web": "one"])) == [
                "resource \(known[0].resource.identity) is gone"
            ])
        var pg = Self.pg
        pg.versionID = "newer"
        #expect(
            moved(try self.plan(Self.set, [pg, Self.config], after: known, previous: Self.set, digests: ["web": "one"])) == [
                "definition pg has another version"
            ])
        pg = Samples.definition("other", "pg", values: Self.pg.driverInputs.values)
        let matched = moved(
            try self.plan(Self.set, [pg, Self.config], after: known, previous: Self.set, digests: ["web": "one"]))
        #expect(matched.count == 1 && matched[0].contains("matches definition 'other' now, it matched definition 'pg'"))
        // What an earlier version stored names no members; that it moved is known all the same.
        var old = plan
        old.basis.members = [:]
        old.basis.resources = "another"
        #expect(!old.moved(to: plan).isEmpty)
        let stored = try DeploymentPlan(stored: try JSON(encoding: plan))
        #expect(stored == plan && stored.moved(to: plan).isEmpty)
    }
}
