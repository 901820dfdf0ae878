import HTTPTypes
import Hummingbird
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Orchestrator

/// What is known of an effect whose order brought no proper reply, or whose people may not want it any more.
@Suite struct RunnerAnswerTests {
    /// An answer that tells nothing.
    enum Unclear: String, CaseIterable, CustomTestStringConvertible {
        case plainError, otherWords

        var testDescription: String { rawValue }

        func answer() throws -> Response {
            switch self {
            case .plainError: throw FakeRunner.broken
            case .otherWords: .json(bytes: Array("{\"state\": \"succ".utf8))
            }
        }
    }

    private static func states(_ harness: Harness, _ id: String, _ verb: String) async throws -> [String] {
        try await harness.rows(
            """
            SELECT s.state FROM orchestrator.steps s
            JOIN orchestrator.active_resources r ON r.gu_res_id = s.node AND r.type = 'postgres'
            WHERE s.deployment_id = \(literal: id) AND s.verb = \(literal: verb)
            """
        ).map { try $0.string("state") }
    }

    /// The runner did it, and its answer does not say so: the same key is asked for again, and nothing has failed.
    @Test(arguments: Unclear.allCases) func whatTheAnswerDoesNotTellIsAskedForAgain(unclear: Unclear) async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let done = Mutex<Set<String>>([])
            harness.runner.intercepts { received in
                guard received.method == .put, done.withLock({ $0.insert(received.path).inserted }) else { return nil }
                return try unclear.answer()
            }
            let id = try await harness.deploy()
            try await harness.mustSucceed(id)
            #expect(done.withLock { $0.count { $0.hasSuffix("/1") } } == 3, "attempts of no other number")
            #expect(try await harness.errors(of: id).isEmpty)
        }
    }

    /// Several orders together were answered so: each is asked for by itself, for it may be another's fault.
    @Test func anUnclearAnswerToManyIsAskedForOneByOne() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.intercepts { $0.path == ActionKey.batchPath ? try Unclear.plainError.answer() : nil }
            try await harness.mustSucceed(try await harness.deploy())
            #expect(harness.runner.words.contains("provision route"))
        }
    }

    /// It goes on to say so: nobody can know what stands, and people are asked.
    @Test func whatIsNeverToldIsUnknown() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            try await harness.must(
                200, .patch, "/orgs/acme/resources/defs/pg-all",
                ["driver_inputs": ["values": ["server": "one", "\(StepLimit.input)": 1]]])
            // The route's goes with others, and so by another path.
            harness.runner.intercepts { $0.path.contains("/provision/") ? try Unclear.plainError.answer() : nil }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.map { $0["code"] } == ["ORC-003"], "\(errors)")
            #expect(errors.first?["message"]?.string?.contains("is not known: look at the real system") == true, "\(errors)")
            #expect(try await Self.states(harness, id, "provision") == ["unknown"])
            // Never blindly done again.
            let refused = try await harness.call(.post, "\(Harness.environment)/deploys/\(id)/retry")
            #expect(refused.status == 409 || refused.status == 422, "\(refused)")
        }
    }

    /// It refuses: that is known, and nothing was done.
    @Test func aRefusalIsAKnownFailure() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            harness.runner.performs { order in
                if order.words == "provision postgres" {
                    throw HTTPFailure(.unprocessableContent, "RUN-001", "this makes no sense")
                }
                return FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            let errors = try await harness.errors(of: id)
            #expect(errors.map { $0["code"] } == ["ORC-003"], "\(errors)")
            #expect(try await Self.states(harness, id, "provision") == ["failed"])
        }
    }

    /// It has taken the order, and refuses the next word about it: what it does of it is not known.
    @Test func aRefusalAfterItWasTakenIsNone() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let asked = Mutex(0)
            harness.runner.performs { order in
                guard order.words == "provision postgres" else { return FakeRunner.success(of: order) }
                let isFirst = asked.withLock { count in
                    count += 1
                    return count == 1
                }
                if isFirst { return ActionReply(state: .running) }
                throw HTTPFailure(.unprocessableContent, "RUN-001", "this makes no sense")
            }
            let id = try await harness.deploy()
            #expect(try await harness.ended(id)["status"] == "failed")
            #expect(try await Self.states(harness, id, "provision") == ["unknown"])
        }
    }

    /// Whoever wanted it has lost the right to while the orchestrator was away, and the runner was at it: it is told to stop, and the step
    /// ends with what the runner found.
    @Test(arguments: [ActionState.succeeded, .failed, .unknown])
    func whatWasBegunBeforeARightWasLostIsFoundOut(found: ActionState) async throws {
        try await Harness.with(startsRoom: false) { harness in
            let started = Mutex<String?>(nil)
            try await harness.withRoom(heartbeat: 1) {
                try await harness.createOrganization("acme", by: People.administrator)
                try await harness.createShop()
                _ = harness.runner.holds { $0.words == "provision postgres" }
                let id = try await harness.deploy(as: People.developer())
                started.withLock { $0 = id }
                try await eventually("the order") { harness.runner.words.contains("provision postgres") }
            }
            let id = try #require(started.withLock { $0 })
            var leaver = People.developer()
            leaver.envTypeRoles = [:]
            harness.know(leaver)
            harness.runner.stops { stop in
                switch found {
                case .succeeded: ActionReply(state: .succeeded, outputs: ActionOutputs(values: ["host": "db.internal"]))
                case .unknown, .running: FakeRunner.unknown("RUN-012", "nobody knows")
                case .failed: FakeRunner.failure("RUN-011", "it stopped in the act")
                }
            }
            try await harness.withRoom(heartbeat: 1) {
                let ended = try await harness.ended(id)
                #expect(ended["status"] == "failed")
            }
            #expect(try await Self.states(harness, id, "provision") == [found.rawValue])
            #expect(harness.runner.stops.map(\.reason).allSatisfy { $0.hasPrefix("Dev may no longer deploy") })
            #expect(!harness.runner.stops.isEmpty && !harness.runner.words.contains("deploy web"))
            let errors = try await harness.rows(
                "SELECT body->>'code' AS code, body->>'message' AS message FROM orchestrator.deployment_errors WHERE deployment_id = \(literal: id)"
            )
            let codes = try errors.map { try $0.string("code") }, words = try errors.map { try $0.string("message") }
            #expect(Set(codes) == ["ACC-001"])
            #expect(words.contains { $0.contains("It had begun before that: RUN-01") } == (found != .succeeded), "\(words)")
        }
    }
}
