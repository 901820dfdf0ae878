import Execution
import PlatformModel
import Postgres
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct ServerReplacementTests {
    private static let bounds = ClaimChoice.Bounds(perOrganization: 24, perEnvironment: 16, perDriver: 100)

    private func claim(_ owner: String, _ harness: Harness) async throws -> StepStore.Claim {
        let lines = try await StepStore.lines(limit: 1, leaseSeconds: 4, harness.pool)
        let claims = try await StepStore.claim(
            ClaimChoice.shares(of: lines, free: 1, bounds: Self.bounds), owner: owner, leaseSeconds: 4, harness.pool)
        return try #require(claims.first)
    }

    private func enqueue(_ harness: Harness) async throws {
        try await harness.execute(
            "INSERT INTO orchestrator.step_queue (org_id, deployment_id, node, verb, attempt) VALUES ('acme', 'd', 'n', 'destroy', 1)"
        )
    }

    /// A claim that had not reached the disk when the server died, and its fence with it.
    @Test func aFenceThatIsGivenOutAgainIsNotTheFirstOnes() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await enqueue(harness)
            let first = try await claim("first", harness)
            try await harness.execute("UPDATE orchestrator.step_queue SET owner = NULL, heartbeat_at = NULL, fence = 0")
            try await harness.execute("SELECT setval('orchestrator.fence', \(first.fence), false)")
            let second = try await claim("second", harness)
            #expect(second.fence == first.fence)
            #expect(try await StepStore.heartbeat([first], harness.pool).isEmpty)
            #expect(try await StepStore.heartbeat([second], harness.pool) == [second])
            try await StepStore.release(first, afterSeconds: 0, harness.pool)
            let kept = try await harness.pool.withTransaction { transaction in
                try StepStore.held([first, second], try await transaction.query(StepStore.finishing([first, second])))
            }
            #expect(kept == [second])
        }
    }

    /// The timeline on record is another than the server's: seen by the next claim, once; what is in the schedule is due.
    @Test func anotherServerIsSeenByTheNextClaim() async throws {
        try await Harness.with(startsRoom: false) { harness in
            try await enqueue(harness)
            #expect(try await claim("first", harness).replacement == nil)
            #expect(try await ServerReplacement.newest(harness.pool) == nil)
            try await harness.execute(
                "INSERT INTO orchestrator.drift_schedule (org_id, app_id, env_id, due_at) VALUES ('acme', 'a', 'e', 'infinity')")
            try await harness.execute("UPDATE orchestrator.database_server SET timeline = timeline + 1")
            try await harness.execute("UPDATE orchestrator.step_queue SET owner = NULL, heartbeat_at = NULL")
            let replacement = try #require(try await claim("first", harness).replacement)
            #expect(!replacement.isSettled)
            #expect(try await ServerReplacement.newest(harness.pool)?.at == replacement.at)
            #expect(try await DriftQueue.schedule(hours: 24, limit: 4, harness.pool) == 1)
            let looks = try await DriftQueue.claim(owner: "first", limit: 4, leaseSeconds: 4, harness.pool)
            #expect(looks.map(\.isAfterReplacement) == [true])
            // When every lease has run out, the work goes on.
            try await harness.execute(
                """
                UPDATE orchestrator.database_server SET replaced_at = replaced_at - interval '1 minute'
                """)
            try await harness.execute("UPDATE orchestrator.step_queue SET owner = NULL, heartbeat_at = NULL")
            #expect(try await claim("first", harness).replacement?.isSettled == true)
        }
    }

    /// What was begun before may be done; a try that people asked for afterwards is new, and so is what began later.
    @Test func onlyWhatWasBegunBeforeMayBeDone() async throws {
        try await Harness.with(startsRoom: false) { harness in
            let run = try await StepRun(harness)
            try await run.begin("d", [])
            let now = Timestamp(milliseconds: 1_000_000)
            func deployment(_ at: Int64) -> Deployment {
                Deployment(
                    id: "d", envID: "dev", setID: "", deltaID: nil, fromID: "", comment: "",
                    createdAt: Timestamp(milliseconds: at), createdBy: "t", status: .inProgress,
                    statusChangedAt: now, mode: .full)
            }
            func concerns(_ at: Int64, attempt: Int) async throws -> Bool {
                let claim = StepStore.Claim(
                    orgID: "acme", deploymentID: "d", node: "n", verb: "destroy", attempt: attempt, fence: 1, isOverdue: false,
                    owner: "o")
                return try await harness.pool.withOrg("acme") { transaction in
                    try await ServerReplacement(at: now, isSettled: true).concerns(claim, of: deployment(at), transaction)
                }
            }
            #expect(try await concerns(999_999, attempt: 1))
            #expect(try await !concerns(1_000_001, attempt: 1))
            #expect(try await concerns(999_999, attempt: 2), "nobody knows of a try before")
            try await harness.execute(
                """
                INSERT INTO orchestrator.step_attempts (org_id, deployment_id, node, verb, attempt, state, fence, ended_at)
                VALUES ('acme', 'd', 'n', 'destroy', 1, 'unknown', 1, clock_timestamp())
                """)
            #expect(try await !concerns(999_999, attempt: 2))
        }
    }
}
