import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

@Suite struct EventStreamTests {
    /// The events of a deployment after an id, until it has ended.
    private static func events(of id: String, after last: String = "", _ harness: Harness) -> EventStream {
        RoomClient(room: "orchestrator", socket: harness.folder.file("orchestrator.sock")).stream(
            "/v1\(Harness.environment)/deploys/\(id)/events", lastEventID: last, principal: People.administrator)
    }

    private static func words(_ event: StreamEvent) throws -> String {
        let event = try event.data.decode(DeploymentEvent.self)
        return "\(event.object.map { $0.prefix { $0 != "." } } ?? "deployment") \(event.status)"
    }

    @Test func eventsComeAsTheyHappenAndEndWithTheDeployment() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let gate = Gate()
            harness.runner.performs { order in
                if order.key.verb == .deploy { try await gate.pass() }
                return FakeRunner.success(of: order)
            }
            let id = try await harness.deploy()
            var seen: [String] = [], ids: [Int] = []
            for try await event in Self.events(of: id, harness) {
                seen.append(try Self.words(event))
                ids.append(Int(event.id) ?? 0)
                #expect(event.event == (event.data["object"] == nil ? "deployment" : "node"))
                // What comes after this is told while the stream is open.
                if seen.last == "workload web running" { gate.open() }
            }
            #expect(ids == ids.sorted() && Set(ids).count == ids.count)
            #expect(Array(seen.prefix(2)) == ["deployment pending", "deployment in progress"])
            #expect(seen.suffix(2) == ["workload web succeeded", "deployment succeeded"])
            #expect(
                Set(seen.dropFirst(2).prefix(3)) == ["postgres pending", "route pending", "workload web pending"],
                "the plan is told before anything runs: \(seen)")
            for type in ["postgres", "route"] {
                let running = try #require(seen.firstIndex(of: "\(type) running"))
                #expect(running < seen.firstIndex(of: "\(type) succeeded") ?? 0)
            }
        }
    }

    @Test func aReaderComesBackForWhatFollowsItsLastEvent() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            let id = try await harness.deployed()
            var all: [StreamEvent] = []
            for try await event in Self.events(of: id, harness) { all.append(event) }
            #expect(all.count > 8)
            for start in [0, 3, all.count - 1] {
                var rest: [StreamEvent] = []
                for try await event in Self.events(of: id, after: all.dropFirst(start).first?.id ?? "", harness) {
                    rest.append(event)
                }
                #expect(rest == Array(all.dropFirst(start + 1)))
            }
        }
    }

    /// No notification arrives: the stream and the engine look by themselves.
    @Test func itWorksWhenEveryNotificationIsLost() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            // Whoever listens is cut off as soon as it does: the test's stand-in for a listener that hears nothing.
            try await harness.execute("REVOKE CONNECT ON DATABASE \(identifier: harness.database.name) FROM martlet_orchestrator")
            try await harness.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%' AND pid <> pg_backend_pid()
                """)
            let id = try await harness.deploy()
            var seen: [String] = []
            for try await event in Self.events(of: id, harness) { seen.append(try Self.words(event)) }
            #expect(seen.last == "deployment succeeded")
        }
    }

    @Test func aStreamOfNothingIs404() async throws {
        try await Harness.with { harness in
            try await harness.createShop()
            await #expect { () async throws in
                for try await _ in Self.events(of: "nope", harness) {}
            } throws: { ($0 as? RoomError)?.status == 404 }
        }
    }
}
