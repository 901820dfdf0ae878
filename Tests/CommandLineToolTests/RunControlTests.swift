import CommandLineTool
import PlatformModel
import TestSupport
import Testing

/// Cancel, retry, steps, and what the end of a failed deployment says.
@Suite struct RunControlTests {
    private static let base = "/orgs/acme/apps/shop/envs/development"
    private static let db = "postgres.default#modules.web.externals.db"

    private static let steps: JSON = [
        ["object": "plan", "verb": "plan", "attempt": 1, "state": "succeeded", "because": []],
        [
            "object": "route.default#modules.web.externals.site", "verb": "provision", "attempt": 1, "state": "succeeded",
            "because": [],
        ],
        [
            "object": .string(db), "verb": "provision", "attempt": 2, "state": "failed", "because": [],
            "remedy": .string("mend the cause, then: martlet retry deployment d1 --node '\(db)'"),
        ],
        ["object": "workload web", "verb": "deploy", "attempt": 1, "state": "skipped", "because": [.string(db)]],
        ["object": "workload smoke", "verb": "deploy", "attempt": 1, "state": "skipped", "because": [.string(db)]],
    ]

    private func gateway(_ status: String, steps: JSON = Self.steps) async throws -> ScriptedGateway {
        let deployment: JSON = ["id": "d1", "status": .string(status), "set_id": "s1"]
        let waiting: JSON = [
            "id": "d1", "status": "pending", "set_id": "s1", "queue_position": 2, "waits_for": "d0",
            "created_at": "2026-11-21T10:00:00.000Z", "created_by": "alice", "comment": "",
        ]
        return try await ScriptedGateway { request in
            switch request.line {
            case "POST \(Self.base)/deploys?timeout=60&queue=false", "POST \(Self.base)/deploys": .json(waiting, status: 201)
            case "POST \(Self.base)/deploys/d1/cancel", "POST \(Self.base)/deploys/d1/retry": .json(deployment, status: 202)
            case "GET \(Self.base)/deploys": .json([waiting])
            case "GET \(Self.base)/deploys/d1": .json(deployment)
            case "GET \(Self.base)/deploys/d1/events": .events("id: 99\nevent: end\ndata: {}\n\n")
            case "GET \(Self.base)/deploys/d1/steps": .json(steps)
            case "GET \(Self.base)/deploys/d1/errors":
                .json([
                    [
                        "scope": "resource", "object_id": .string(Self.db), "code": "DRV-301", "error_type": "provision",
                        // As drivers say it, with the beginning for a summary.
                        "summary": .string(Self.db + ": no conn"), "message": .string(Self.db + ": no connection"),
                    ]
                ])
            default: nil
            }
        }
    }

    @Test func aFailureSaysNodeByNodeWhatStands() async throws {
        let outcome = await (try Tool(try await gateway("failed"))).run("deploy", "--wait")
        #expect(outcome.status == .failed)
        try expectGolden(outcome.err, "failure.txt")
    }

    /// Without an id: the only one that has not ended. Of several nobody knows which is meant.
    @Test func theOneUnderWayIsCancelled() async throws {
        let none = await (try Tool(try await under(["failed"]))).run("cancel", "deployment")
        #expect(none.status == .notFound && none.err.contains("nothing is being deployed there"), "\(none.err)")
        let one = await (try Tool(try await under(["in progress", "succeeded"]))).run("cancel", "deployment")
        #expect(one.status == .done && one.out == "deployment d1 stopping\n", "\(one)")
        let two = await (try Tool(try await under(["in progress", "pending"]))).run("cancel", "deployment")
        #expect(two.status == .usage && two.err.contains("d1  in progress") && two.err.contains("d2  pending"), "\(two.err)")
    }

    /// Deployments with these states.
    private func under(_ states: [String]) async throws -> ScriptedGateway {
        let now = Timestamp(milliseconds: 0)
        let listed = try states.enumerated().map { index, state in
            try JSON(
                encoding: Deployment(
                    id: "d\(index + 1)", envID: "development", setID: "s1", deltaID: nil, fromID: "", comment: "", createdAt: now,
                    createdBy: "user:1", status: DeploymentStatus(rawValue: state) ?? .failed, statusChangedAt: now, mode: .full))
        }
        return try await ScriptedGateway { request in
            switch request.line {
            case "GET \(Self.base)/deploys": .json(.array(listed))
            case "POST \(Self.base)/deploys/d1/cancel": .json(listed[0], status: 202)
            default: nil
            }
        }
    }

    @Test func theStepsAreATable() async throws {
        let outcome = await (try Tool(try await gateway("failed"))).run("steps", "d1")
        #expect(outcome.status == .done)
        try expectGolden(outcome.out, "steps.txt")
    }

    @Test func aRetryNamesItsNodesAndWhatWasFound() async throws {
        let gateway = try await gateway("succeeded")
        let tool = try Tool(gateway)
        let outcome = await tool.run("retry", "deployment", "d1", "--node", Self.db, "--unknown", "gone", "--wait")
        #expect(outcome.status == .done && outcome.out == "deployment d1 succeeded\n", "\(outcome)")
        let sent = gateway.body(of: "POST \(Self.base)/deploys/d1/retry")
        #expect(sent == ["nodes": [.string(Self.db)], "unknown": "gone"])
        #expect(await tool.run("retry", "deployment", "d1", "--unknown", "gone").status == .usage)
        #expect(await tool.run("retry", "app", "d1").status == .usage)
        #expect(await tool.run("retry", "deployment", "d1").out == "deployment d1 succeeded\n")
        #expect(gateway.body(of: "POST \(Self.base)/deploys/d1/retry") == [:])
    }

    @Test func aCancelledDeploymentIsWhatWasAskedFor() async throws {
        let tool = try Tool(try await gateway("failed"))
        let outcome = await tool.run("cancel", "deployment", "d1", "--wait")
        #expect(outcome.status == .done && outcome.out == "deployment d1 cancelled\n")
        #expect(outcome.err.contains("done, and stays: route.default#modules.web.externals.site"), "\(outcome.err)")
        let running = await (try Tool(try await gateway("in progress"))).run("cancel", "deployment", "d1")
        #expect(running.status == .done && running.out == "deployment d1 stopping\n")
    }

    @Test func whoWaitsSeesThePlaceInTheQueue() async throws {
        let gateway = try await gateway("succeeded")
        let tool = try Tool(gateway)
        #expect(await tool.run("deploy").out == "deployment d1 pending (2nd in the queue, behind d0)\n")
        #expect(await tool.run("get", "deploys").out.contains("pending (2nd in the queue, behind d0)"))
        #expect(await tool.run("deploy", "--limit", "60", "--no-queue").status == .done)
        #expect(gateway.lines.last == "POST \(Self.base)/deploys?timeout=60&queue=false")
        #expect(await tool.run("deploy", "--limit", "0").status == .usage)
    }
}
