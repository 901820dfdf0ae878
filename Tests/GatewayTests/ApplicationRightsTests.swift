import Hummingbird
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import Synchronization
import Testing

import struct PlatformModel.Application

@testable import Gateway

@Suite struct ApplicationRightsTests {
    /// The gateway ends, or the answer is lost, after the orchestrator has done it: the roles follow what is there.
    @Test func rightsFollowApplicationsWhenTheAnswerIsLost() async throws {
        try await GatewayHarness.with { harness in
            let manager = try await harness.token("manager", org: .manager), rights = harness.gateway.rights
            let me = try #require(
                try await harness.pool.query("SELECT id FROM gateway.service_users", org: "acme").first?.string("id"))
            let standing = Mutex<Application?>(nil)
            harness.orchestrator.answers { received, _ in
                switch received.method {
                case .post:
                    let now = try await harness.pool.query("SELECT clock_timestamp() AS now").first?.timestamp("now")
                    let made = Application(
                        id: "shop", name: "Shop", orgID: "acme", createdAt: try #require(now), createdBy: "service:" + me,
                        envs: [],
                        status: .active, statusChangedAt: Timestamp(milliseconds: 0))
                    standing.withLock { $0 = made }
                    throw FakeRoom.Cut()
                case .delete:
                    standing.withLock { $0 = nil }
                    throw FakeRoom.Cut()
                default:
                    guard let found = standing.withLock({ $0 }) else { throw HTTPFailure.notFound("there is none") }
                    return try .json(found)
                }
            }
            @Sendable func owners() async throws -> Int {
                try await harness.pool.query("SELECT 1 FROM gateway.role_assignments WHERE level = 'app'", org: "acme").count
            }
            @Sendable func reconcile() async throws {
                var settling = rights
                settling.settleAfterSeconds = 0
                try await settling.reconcile()
            }
            #expect(
                try await harness.call(.post, "/orgs/acme/apps", token: manager, body: ["id": "shop", "name": "S"]).status == 503)
            #expect(try await owners() == 0)
            try await reconcile()
            #expect(try await owners() == 1)
            #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: manager).status == 200)
            #expect(harness.orchestrator.received.last?.principal?.appRoles == ["shop": .owner])
            // What was settled is not looked at again: a role that was taken away stays away.
            try await harness.pool.execute("DELETE FROM gateway.role_assignments WHERE level = 'app'", org: "acme")
            try await reconcile()
            #expect(try await owners() == 0)
            // Gone, and its roles with it, although nobody was told.
            try await harness.assign("service:" + me, .application, "shop", "owner")
            #expect(try await harness.call(.delete, "/orgs/acme/apps/shop", token: manager).status == 503)
            #expect(try await owners() == 1)
            try await reconcile()
            #expect(try await owners() == 0)
            #expect(try await harness.pool.query("SELECT 1 FROM gateway.application_changes").isEmpty)
        }
    }

    /// Changes for which the orchestrator never has a clear answer stand before one for which it has.
    @Test func aChangeThatCannotBeSettledDoesNotStandBeforeTheOthers() async throws {
        try await GatewayHarness.with { harness in
            var rights = harness.gateway.rights
            rights.settleAfterSeconds = 0
            harness.orchestrator.answers { received, _ in
                switch received.segments.last {
                case "broken": throw HTTPFailure(.internalServerError, "internal", "it cannot be read")
                case "strange": return .json(bytes: Array("[]".utf8))
                default: throw HTTPFailure.notFound("there is none")
                }
            }
            for (minutes, app) in [(9, "broken"), (8, "strange"), (7, "gone")] {
                try await rights.ask(
                    ApplicationChange(id: app, orgID: "acme", appID: app, subject: "service:x", kind: .delete))
                try await harness.pool.execute(
                    """
                    UPDATE gateway.application_changes SET asked_at = asked_at - \(minutes) * interval '1 minute',
                        look_after = look_after - \(minutes) * interval '1 minute' WHERE id = \(app)
                    """)
            }
            try await harness.assign("service:x", .application, "gone", "owner")
            func open() async throws -> [String] {
                try await harness.pool.query("SELECT id FROM gateway.application_changes ORDER BY id").map { try $0.string("id") }
            }
            func asked() -> [String] { harness.orchestrator.received.compactMap { $0.segments.last.map(String.init) } }
            try await rights.reconcile()
            #expect(asked() == ["broken", "strange", "gone"])
            #expect(try await open() == ["broken", "strange"])
            let roles = try await harness.pool.query("SELECT 1 FROM gateway.role_assignments WHERE level = 'app'", org: "acme")
            #expect(roles.isEmpty)
            // Not before their time, and each time later.
            try await harness.pool.execute(
                "UPDATE gateway.application_changes SET look_after = clock_timestamp() + interval '1 hour', looks = 0")
            try await rights.reconcile()
            #expect(asked().count == 3)
            for pause in [5, 10, 20, 40, 80, 160, 300, 300, 300] {
                let before = try await harness.pool.query(
                    "UPDATE gateway.application_changes SET look_after = clock_timestamp() RETURNING look_after AS at")
                let start = try #require(before.first).timestamp("at")
                let known = asked().count
                try await rights.reconcile()
                #expect(asked().count == known + 2)
                let later = try await harness.pool.query(
                    """
                    SELECT 1 FROM gateway.application_changes WHERE look_after >= \(start) + \(pause) * interval '1 second'
                    AND look_after <= clock_timestamp() + \(pause) * interval '1 second'
                    """)
                #expect(later.count == 2, "\(pause)")
            }
        }
    }

    /// A room that is away is not asked for each of them.
    @Test func aRoomThatIsAwayIsLeftAlone() async throws {
        try await GatewayHarness.with(startsOrchestrator: false) { harness in
            var rights = harness.gateway.rights
            rights.settleAfterSeconds = 0
            rights.answerWithin = .milliseconds(50)
            for number in 0..<8 {
                try await rights.ask(
                    ApplicationChange(id: "\(number)", orgID: "acme", appID: "a\(number)", subject: "service:x", kind: .delete))
            }
            try await rights.reconcile()
            let looked = try await harness.pool.query("SELECT id FROM gateway.application_changes WHERE looks = 1 ORDER BY id")
            #expect(try looked.map { try $0.string("id") } == ["0", "1", "2"])
            // The others come first the next time.
            try await rights.reconcile()
            #expect(try await harness.pool.query("SELECT 1 FROM gateway.application_changes WHERE looks = 1").count == 6)
        }
    }

    /// With an environment type go the roles on it, also when nobody was told that it went; a later one of the name has none.
    @Test func rolesGoWithTheirEnvironmentType() async throws {
        try await GatewayHarness.with { harness in
            let admin = try await harness.token("admin", org: .administrator), answersAreLost = Mutex(false)
            harness.orchestrator.answers { received, _ in
                if answersAreLost.withLock({ $0 }), received.method == .delete { throw FakeRoom.Cut() }
                if received.method == .get { throw HTTPFailure.notFound("there is none") }
                return received.method == .delete ? .empty() : .json(bytes: Array("{}".utf8), status: .created)
            }
            @Sendable func deployers() async throws -> Int {
                try await harness.pool.query("SELECT 1 FROM gateway.role_assignments WHERE level = 'env-type'", org: "acme").count
                    + harness.pool.query("SELECT 1 FROM gateway.group_roles WHERE level = 'env-type'", org: "acme").count
            }
            for isLost in [false, true] {
                answersAreLost.withLock { $0 = isLost }
                _ = try await harness.token("robot", envTypes: ["staging": .deployer])
                try await harness.assign(GatewayHarness.developers, .environmentType, "staging", "deployer")
                #expect(try await deployers() == 2)
                let gone = try await harness.call(.delete, "/orgs/acme/env-types/staging", token: admin)
                #expect(gone.status == (isLost ? 503 : 204))
                var settling = harness.gateway.rights
                settling.settleAfterSeconds = 0
                try await settling.reconcile()
                #expect(try await deployers() == 0)
            }
            // A deletion whose end nobody knew of, and the name again: nobody has roles on the new one.
            _ = try await harness.token("robot", envTypes: ["staging": .deployer])
            _ = try await harness.call(.delete, "/orgs/acme/env-types/staging", token: admin)
            #expect(try await deployers() == 1)
            let made = try await harness.call(.post, "/orgs/acme/env-types", token: admin, body: ["id": "staging"])
            #expect(made.status == 201)
            #expect(try await deployers() == 0)
        }
    }

    /// A creation that was refused, and the ends that nobody told of.
    @Test func whatBecameOfAChangeIsJudgedByWhatIsThere() {
        func change(_ kind: ApplicationChange.Kind) -> ApplicationChange {
            ApplicationChange(id: "1", orgID: "acme", appID: "shop", subject: "user:a", kind: kind)
        }
        func found(by creator: String?, at time: Int64?, _ isGoing: Bool = false) -> ApplicationChange.Found {
            .init(createdBy: creator, createdAt: time.map { Timestamp(milliseconds: $0) }, isGoing: isGoing)
        }
        let asked = Timestamp(milliseconds: 100)
        let cases: [(ApplicationChange.Kind, ApplicationChange.Found?, ApplicationChange.Verdict?)] = [
            (.create, found(by: "user:a", at: 100), .happened), (.create, found(by: "user:a", at: 150), .happened),
            // Theirs, but of before: its owner may be another by now.
            (.create, found(by: "user:a", at: 99), nil), (.create, found(by: "user:b", at: 150), nil), (.create, nil, nil),
            (.delete, nil, .happened), (.delete, found(by: "user:b", at: 1, true), .happened),
            (.delete, found(by: "user:b", at: 1), nil),
            // An environment type, of which nobody knows who made it.
            (.create, found(by: nil, at: nil), .happened), (.delete, found(by: nil, at: nil), nil),
        ]
        for (kind, application, expected) in cases {
            #expect(change(kind).verdict(application, askedAt: asked, isOld: false) == expected ?? .unknownYet)
            #expect(change(kind).verdict(application, askedAt: asked, isOld: true) == expected ?? .didNotHappen)
        }
    }
}
