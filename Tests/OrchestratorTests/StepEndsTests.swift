import Execution
import Logging
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

/// Steps that end in batches, by SQL, against the machine that says what follows from what.
@Suite struct StepEndsTests {
    /// Random graphs, ended in random batches with random outcomes: after each the rows stand as the machine says.
    @Test func rowsFollowTheMachine() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let run = try await StepRun(harness)
            for seed in 1...25 { try await run.follow(seed: UInt64(seed)) }
        }
    }

    /// A wide run and a step that all of it leads to: what an end costs does not grow with the run.
    @Test func anEndReadsWhatDependsOnItAlone() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let run = try await StepRun(harness)
            let steps = (0..<300).map {
                StepStore.Step(node: "n\($0)", verb: "provision", object: "n\($0)", dependsOn: [StepRun.plan])
            }
            let last = StepStore.Step(node: "last", verb: "deploy", object: "last", dependsOn: steps.map(\.id))
            try await run.begin("wide", steps + [last])
            while true {
                let claims = try await run.claim(limit: 64)
                guard !claims.isEmpty else { break }
                try await run.end(claims.map { ($0, .succeeded) })
                let isLast = claims.contains { $0.node == "last" }
                #expect(!isLast || claims.count == 1, "it came before what it needs")
            }
            #expect(try await run.states("wide").values.allSatisfy { $0 == .succeeded })
            #expect(try await run.status("wide") == "succeeded")
        }
    }

    /// Of two ends with one claim, and of one whose claim was taken over in the same batch, only what is ours counts.
    @Test func aFenceDecidesForEachEndOfABatch() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let run = try await StepRun(harness)
            let steps = ["a", "b", "c"].map { StepStore.Step(node: $0, verb: "provision", object: $0, dependsOn: [StepRun.plan]) }
            try await run.begin("fenced", steps)
            let claims = try await run.claim(limit: 3).sorted { $0.node < $1.node }
            try #require(claims.count == 3)
            try await harness.execute("UPDATE orchestrator.step_queue SET fence = fence + 1000000 WHERE node = 'b'")
            let lost = await run.losers(claims.map { ($0, .succeeded) } + [(claims[2], .failed)])
            #expect(lost.contains("b") && lost.count == 2, "\(lost)")
            let states = try await run.states("fenced")
            #expect(states["provision:a"] == .succeeded && states["provision:b"] == .ready, "\(states)")
            #expect(try await run.status("fenced") == "in progress")
        }
    }

    /// Ten thousand steps of one organisation wait: the one of another is claimed at once, by indexes alone.
    @Test func aLongQueueIsNotReadThrough() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await harness.execute(
                """
                INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt, driver)
                SELECT 'noisy', 'd' || i % 4, 'n' || i, 'provision', 1, 'echo' FROM generate_series(1, 10000) AS i
                """)
            try await harness.execute(
                "INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt) VALUES ('quiet', 'd', 'n', 'plan', 1)"
            )
            try await harness.execute("VACUUM ANALYZE orchestrator.step_queue")
            let plan = try await harness.pool.query("EXPLAIN " + StepStore.linesQuery(limit: 32, leaseSeconds: 4))
            let text = try plan.map { try $0.string("QUERY PLAN") }.joined(separator: "\n")
            // Of the organisations, which are few, all may be read.
            #expect(!text.contains("Seq Scan on step_queue"), "\(text)")
            let lines = try await StepStore.lines(limit: 32, leaseSeconds: 4, harness.pool)
            #expect(lines.count == 5 && lines.allSatisfy { $0.due <= 32 })
            let bounds = ClaimChoice.Bounds(perOrganization: 24, perEnvironment: 16, perDriver: 100)
            let shares = ClaimChoice.shares(of: lines, free: 32, bounds: bounds)
            let claims = try await StepStore.claim(shares, owner: "test", leaseSeconds: 4, harness.pool)
            #expect(claims.filter { $0.orgID == "quiet" }.count == 1 && claims.count == 25)
            // All of them are held now: nobody gets them a second time, and the bound is reached.
            let held = try await StepStore.lines(limit: 32, leaseSeconds: 4, harness.pool)
            #expect(ClaimChoice.shares(of: held, free: 32, bounds: bounds).isEmpty)
            #expect(try await StepStore.heartbeat(claims, harness.pool).count == 25)
            // Two heartbeats without one: they are anybody's again.
            try await harness.execute(
                "UPDATE orchestrator.step_queue SET heartbeat_at = clock_timestamp() - interval '5 seconds' WHERE owner = 'test'")
            let again = try await StepStore.claim(
                ClaimChoice.shares(
                    of: try await StepStore.lines(limit: 32, leaseSeconds: 4, harness.pool), free: 2, bounds: bounds),
                owner: "other", leaseSeconds: 4, harness.pool)
            #expect(again.count == 2 && again.contains { $0.orgID == "quiet" })
            let newest = claims.map(\.fence).max() ?? 0
            #expect(again.allSatisfy { $0.fence > newest })
            let left = try await StepStore.heartbeat(claims, harness.pool)
            #expect(left.count == 23, "those taken over are no longer the first one's")
        }
    }
}

/// Runs of an environment, without an engine.
struct StepRun: Sendable {
    static let plan = "plan:plan"
    let harness: Harness
    let recorder: StepRecorder

    /// - Parameter places: none are passed on, unless they are open.
    init(_ harness: Harness, places: EnginePlaces = EnginePlaces()) async throws {
        self.harness = harness
        recorder = StepRecorder(database: harness.pool, plans: PlanCache(), places: places)
        for statement: SQL in [
            "INSERT INTO orchestrator.organizations (org_id, name, created_by) VALUES ('acme', 'acme', 't')",
            "INSERT INTO orchestrator.environment_types (org_id, id) VALUES ('acme', 'development')",
            "INSERT INTO orchestrator.applications (org_id, id, name, created_by) VALUES ('acme', 'shop', 'shop', 't')",
            """
            INSERT INTO orchestrator.environments (org_id, app_id, id, name, type, created_by)
            VALUES ('acme', 'shop', 'dev', 'dev', 'development', 't')
            """,
        ] { try await harness.execute(statement) }
    }

    /// Starts a run whose plan brings these steps.
    func begin(_ id: String, _ steps: [StepStore.Step]) async throws {
        let now = Timestamp(milliseconds: 0)
        let run = Deployment(
            id: id, envID: "dev", setID: "", deltaID: nil, fromID: "", comment: "", createdAt: now, createdBy: "t",
            status: .pending, statusChangedAt: now, mode: .full)
        try await harness.pool.withOrg("acme") { transaction in
            try await RunQueue.submit(run, kind: .deploy, orgID: "acme", appID: "shop", transaction)
        }
        let plan = try #require(try await claim(limit: 1).first)
        try #require(plan.verb == "plan" && plan.deploymentID == id)
        try await recorder.end(plan, .succeeded(outputs: nil, next: steps))
    }

    func claim(limit: Int) async throws -> [StepStore.Claim] {
        let bounds = ClaimChoice.Bounds(perOrganization: 1000, perEnvironment: 1000, perDriver: 1000)
        let lines = try await StepStore.lines(limit: limit, leaseSeconds: 600, harness.pool)
        return try await StepStore.claim(
            ClaimChoice.shares(of: lines, free: limit, bounds: bounds), owner: "test", leaseSeconds: 600, harness.pool)
    }

    /// All at the same moment.
    func end(_ ends: [(StepStore.Claim, RunMachine.Outcome)]) async throws {
        let lost = await losers(ends)
        try #require(lost.isEmpty, "\(lost)")
    }

    /// The nodes whose end was refused.
    func losers(_ ends: [(StepStore.Claim, RunMachine.Outcome)]) async -> [String] {
        await withTaskGroup(of: String?.self) { group in
            for (claim, outcome) in ends {
                group.addTask {
                    let failure = StepFailure(
                        object: claim.node, code: "DRV-001", message: "no", type: "provision", isUnknown: outcome == .unknown)
                    let ending: StepRecorder.Ending =
                        outcome == .succeeded ? .succeeded(outputs: nil, next: []) : .failed(failure)
                    do { try await recorder.end(claim, ending) } catch { return claim.node }
                    return nil
                }
            }
            return await group.reduce(into: []) { lost, node in if let node { lost.append(node) } }
        }
    }

    func states(_ id: String) async throws -> [String: StepState] {
        try await harness.pool.withOrg("acme") { transaction in
            let steps = try await StepStore.steps(of: id, transaction)
            return Dictionary(steps.map { ($0.id, $0.state) }, uniquingKeysWith: { first, _ in first })
        }
    }

    func status(_ id: String) async throws -> String? {
        try await harness.pool.withOrg("acme") { transaction in
            try await DeploymentStore.run(id, transaction)?.deployment.status.rawValue
        }
    }

    private func queued(_ id: String) async throws -> Set<String> {
        let rows = try await harness.pool.query("SELECT node, verb FROM orchestrator.step_queue WHERE deployment_id = \(id)")
        return Set(try rows.map { StepStore.stepID(node: try $0.string("node"), verb: try $0.string("verb")) })
    }

    /// A random graph to its end, beside the machine.
    func follow(seed: UInt64) async throws {
        var random = SeededNumbers(seed: seed)
        let id = "run-\(seed)", count = random.below(14) + 1
        let steps = (0..<count).map { index in
            let needs = (0..<index).filter { _ in random.below(3) == 0 }.map { "provision:n\($0)" }
            return StepStore.Step(
                node: "n\(index)", verb: "provision", object: "o\(index)", dependsOn: [Self.plan] + needs, driver: "d\(index % 3)"
            )
        }
        try await begin(id, steps)
        var machine = try RunMachine(
            [RunStep(id: Self.plan, dependsOn: [], state: .succeeded)]
                + steps.map { RunStep(id: $0.id, dependsOn: $0.dependsOn) })
        var actions = try machine.apply(.started)
        var held: [StepStore.Claim] = []
        while true {
            let states = try await states(id).mapValues { $0 == .running ? StepState.ready : $0 }
            #expect(states == machine.steps.mapValues(\.state), "seed \(seed)")
            let waiting = machine.steps.values.filter { $0.state == .ready }.map(\.id)
            #expect(try await queued(id) == Set(waiting), "seed \(seed)")
            if let last = actions.last, case .finish(let succeeded) = last {
                #expect(try await status(id) == (succeeded ? "succeeded" : "failed"), "seed \(seed)")
                return
            }
            held += try await claim(limit: random.below(5) + 1)
            let ends = held.filter { _ in random.below(2) == 0 }.map { claim -> (StepStore.Claim, RunMachine.Outcome) in
                (claim, [.succeeded, .succeeded, .succeeded, .succeeded, .failed, .unknown][random.below(6)])
            }
            held.removeAll { claim in ends.contains { $0.0 == claim } }
            try await end(ends)
            for (claim, outcome) in ends {
                actions = try machine.apply(.ended(StepStore.stepID(node: claim.node, verb: claim.verb), outcome))
            }
        }
    }
}

/// Numbers that follow from a seed (SplitMix64).
struct SeededNumbers {
    private var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
