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
            let gate = harness.runner.holds { $0.key.verb == .deploy }
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

    /// No notification is sent: the stream and the engine look by themselves.
    @Test func itWorksWhenEveryNotificationIsLost() async throws {
        try await Harness.with(startsRoom: false) { harness in
            // In this database the orchestrator finds another pg_notify, which counts and tells nobody.
            for statement: SQL in [
                "CREATE SCHEMA silent", "CREATE SEQUENCE silent.calls",
                """
                CREATE FUNCTION silent.pg_notify(text, text) RETURNS void LANGUAGE sql SECURITY DEFINER
                BEGIN ATOMIC SELECT nextval('silent.calls'); END
                """,
                "GRANT USAGE ON SCHEMA silent TO martlet_orchestrator",
                """
                ALTER ROLE martlet_orchestrator IN DATABASE \(identifier: harness.database.name)
                SET search_path = silent, pg_catalog
                """,
            ] { try await harness.execute(statement) }
            try await harness.withRoom {
                try await harness.createOrganization("acme", by: People.administrator)
                try await harness.createShop()
                let id = try await harness.deploy()
                var seen: [String] = []
                for try await event in Self.events(of: id, harness) { seen.append(try Self.words(event)) }
                #expect(seen.first == "deployment pending" && seen.last == "deployment succeeded")
                #expect(try await harness.count("SELECT last_value AS count FROM silent.calls") > 10)
            }
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
