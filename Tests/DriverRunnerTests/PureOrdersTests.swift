import Drivers
import HTTPTypes
import PlatformModel
import ServiceAPI
import Testing

@testable import DriverRunner

/// Orders that leave nothing behind, several at once.
@Suite struct PureOrdersTests {
    @Test func eachHasItsReply() async throws {
        try await RunnerFixture.with { fixture in
            try await fixture.runner(drivers: [EchoDriver()]) { runner async throws in
                let orders = (0..<5).map { order("n\($0)", ["place": .int($0)]) }
                let replies = try await runner.together(orders)
                #expect(replies.map(\.outputs?.values) == (0..<5).map { ["place": .int($0)] })
                // Nothing was kept of them: together once more, or one by itself, they are done again.
                #expect(try await runner.together(orders) == replies)
                #expect(try await runner.order(orders[2].request.work, node: "n2", fence: 3) == replies[2])
                try #expect(await runner.together([order("twice", [:]), order("twice", [:])]).count == 2)
            }
        }
    }

    @Test func oneThatFailsKeepsNobodyFromSucceeding() async throws {
        try await RunnerFixture.with { fixture in
            // Nobody serves the type: each of these fails.
            try await fixture.runner(drivers: [ScriptedDriver()]) { runner async throws in
                let replies = try await runner.together([order("a", [:]), order("b", [:])])
                #expect(replies.map(\.state) == [.failed, .failed])
            }
        }
    }

    @Test func nothingElseGoesTogether() async throws {
        try await RunnerFixture.with { fixture in
            try await fixture.runner(drivers: [EchoDriver(), ScriptedDriver()]) { runner async throws in
                var foreign = order("a", [:])
                foreign.request.environment.orgID = "other"
                let leavesSomething = ActionOrder(
                    key: foreign.key,
                    request: ActionRequest(fence: 1, environment: RunnerFixture.environment, grant: "g", work: .resource()))
                for batch in [
                    [order("b", [:]), foreign], [leavesSomething], (0...ActionOrder.Batch.limit).map { order("n\($0)", [:]) },
                ] {
                    do {
                        _ = try await runner.together(batch)
                        Issue.record("taken")
                    } catch let error as RoomError { #expect(error.status == 422 && error.body?.error == "RUN-001") }
                }
                #expect(
                    try await runner.together([order("b", [:])]).map(\.state) == [.succeeded],
                    "nothing was kept of what was refused")
            }
        }
    }

    private func order(_ node: String, _ values: JSON) -> ActionOrder {
        ActionOrder(
            key: ActionKey(deploymentID: "d1", node: node, verb: .provision, attempt: 1),
            request: ActionRequest(
                fence: 3, environment: RunnerFixture.environment, grant: "g",
                work: .resource(values: values, driver: "martlet/echo")))
    }
}

extension Runner {
    fileprivate func together(_ orders: [ActionOrder]) async throws -> [ActionReply] {
        let answer: ActionOrder.Replies = try await client.call(.put, ActionKey.batchPath, body: ActionOrder.Batch(orders))
        return answer.replies
    }
}
