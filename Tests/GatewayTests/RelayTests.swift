import AccessControl
import HTTPTypes
import Hummingbird
import NIOCore
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

@Suite struct RelayTests {
    @Test func aRequestReachesItsRoomWhole() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", apps: ["shop": .developer], envTypes: ["development": .deployer])
            harness.orchestrator.answers { _, _ in
                try .json(["id": "01"] as JSON, status: .accepted, headers: [.eTag: "\"7\"", .connection: "close"])
            }
            let answer = try await harness.call(
                .post, "/orgs/acme/apps/shop/envs/dev%2Dx/score-deploys?wait=a%20b&x=1", token: token, body: ["files": []],
                headers: [
                    .cookie: "a=b", .ifMatch: "\"6\"", RoomHeader.principal: "eyJ9", RoomHeader.wireVersion: "99",
                    RoomHeader.requestID: "mine",
                ])
            #expect(answer.status == 202 && answer.body == ["id": "01"])
            #expect(answer.headers[.eTag] == "\"7\"" && answer.headers[RoomHeader.apiVersion] == "1")
            let received = try #require(harness.orchestrator.received.first)
            #expect(
                received.method == .post && received.target == "/v1/orgs/acme/apps/shop/envs/dev-x/score-deploys?wait=a%20b&x=1")
            #expect(received.body == Array("{\"files\":[]}".utf8))
            #expect(received.headers[.ifMatch] == "\"6\"" && received.headers[.contentType] == "application/json")
            #expect(received.headers[.authorization] == nil && received.headers[.cookie] == nil)
            // Nobody but the gateway says who asks, and under which id.
            let principal = try #require(received.principal)
            #expect(principal.orgID == "acme" && principal.name == "robot" && principal.memberOf == ["acme"])
            #expect(principal.id.hasPrefix("service:"))
            #expect(principal.appRoles == ["shop": .developer] && principal.envTypeRoles == ["development": .deployer])
            #expect(received.headers[RoomHeader.requestID] == answer.headers[RoomHeader.requestID])
            #expect(received.headers[RoomHeader.requestID] != "mine")
        }
    }

    /// Somebody with a role on each of very many applications: of use for each of them, and for the list of all.
    @Test(arguments: [OrgRole.administrator, .member]) func rolesOnThousandsOfApplicationsGoAlong(_ role: OrgRole) async throws {
        try await GatewayHarness.with { harness in
            let apps = Dictionary(uniqueKeysWithValues: (1...10_000).map { ("application-\($0)", AppRole.owner) })
            let token = try await harness.token("robot", org: role, apps: apps)
            #expect(try await harness.call(.get, "/orgs/acme/apps/application-77", token: token).status == 200)
            #expect(try await harness.call(.get, "/orgs/acme/apps", token: token).status == 200)
            let received = harness.orchestrator.received
            #expect(received.first?.principal?.appRoles == (role == .member ? ["application-77": .owner] : [:]))
            #expect(received.last?.principal?.appRoles == (role == .member ? apps : [:]))
        }
    }

    @Test func aRoomsRefusalIsPassedOn() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator)
            harness.orchestrator.answers { _, _ in throw HTTPFailure.conflict("the application 'shop' exists already") }
            let answer = try await harness.call(.post, "/orgs/acme/apps", token: token, body: ["id": "shop"])
            #expect(answer.status == 409)
            #expect(answer.body == ["error": "conflict", "message": "the application 'shop' exists already"])
        }
    }

    @Test func largeBodiesStopAtTheirLimit() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator)
            let mebibyte = String(repeating: "x", count: 1 << 20)
            let tooLarge = try await harness.call(.post, "/orgs/acme/apps", token: token, body: ["id": .string(mebibyte)])
            #expect(tooLarge.status == 413 && harness.orchestrator.received.isEmpty)
            let score = try await harness.call(
                .post, "/orgs/acme/apps/shop/envs/dev/score-deploys", token: token, body: ["files": [.string(mebibyte)]])
            #expect(score.status == 200 && harness.orchestrator.received.first?.body.count == (1 << 20) + 14)
        }
    }

    /// A room that refuses at once, while the client still sends.
    @Test func aRoomMayAnswerBeforeTheBodyIsRead() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator)
            harness.orchestrator.refusesUnread(HTTPFailure.conflict("not now"))
            let body = JSON.object(["files": .array((0..<200).map { _ in .string(String(repeating: "x", count: 10_000)) })])
            for _ in 0..<20 {
                let answer = try await harness.call(
                    .post, "/orgs/acme/apps/shop/envs/dev/score-deploys", token: token, body: body)
                #expect(answer.status == 409)
            }
        }
    }

    @Test func aRoomThatIsAwayIs503WithItsName() async throws {
        try await GatewayHarness.with(startsOrchestrator: false) { harness in
            let token = try await harness.token("robot", org: .administrator)
            let answer = try await harness.call(.get, "/orgs/acme/apps", token: token)
            #expect(answer.status == 503 && answer.error == "unavailable" && answer.message.contains("orchestrator"))
            #expect(answer.headers[.retryAfter] != nil)
            // The other rooms are as they were.
            #expect(try await harness.call(.get, "/orgs/acme/apps/shop/envs/dev/logs", token: token).status == 200)
            #expect(harness.logs.received.count == 1)
        }
    }

    @Test func unknownPathsAndMethods() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", org: .administrator)
            #expect(try await harness.call(.get, "/nothing", token: token).status == 404)
            #expect(try await harness.call(.get, "/v1/principals/user:1/roles", token: token).status == 404)
            #expect(try await harness.call(.post, "/v1/admin/orgs/acme/roles", token: token, body: [:]).status == 404)
            #expect(try await harness.call(.get, "/orgs/acme/apps/a%2Fb", token: token).status == 404)
            let wrong = try await harness.call(.put, "/orgs/acme/apps/shop", token: token, body: [:])
            #expect(wrong.status == 405 && wrong.headers[.allow]?.contains("DELETE") == true)
            #expect(harness.orchestrator.received.isEmpty)
        }
    }

    /// Every route × several principals over HTTP: exactly what the decision function allows reaches a room, and another
    /// organisation's anything is 404 (T24, T25 of the acceptance list).
    @Test func everyRouteAsksTheDecisionFunction() async throws {
        try await GatewayHarness.with { harness in
            let people: [(token: String, principal: Principal)] = [
                (
                    try await harness.token("admin", org: .administrator),
                    Principal(id: "", name: "", orgID: "acme", orgRole: .administrator)
                ),
                (
                    try await harness.token("reader", org: .orgViewer),
                    Principal(id: "", name: "", orgID: "acme", orgRole: .orgViewer)
                ),
                (
                    try await harness.token("manager", org: .manager),
                    Principal(id: "", name: "", orgID: "acme", orgRole: .manager)
                ),
                (
                    try await harness.token("dev", apps: ["shop": .developer]),
                    Principal(id: "", name: "", orgID: "acme", appRoles: ["shop": .developer])
                ),
                (
                    try await harness.token("view", apps: ["shop": .viewer]),
                    Principal(id: "", name: "", orgID: "acme", appRoles: ["shop": .viewer])
                ),
                (
                    try await harness.token("boss", in: "globex", org: .administrator),
                    Principal(id: "", name: "", orgID: "globex", orgRole: .administrator)
                ),
            ]
            for route in PublicRoute.all where route.room != .gateway && route.kind == .json {
                let path = route.pattern.replacing("{orgId}", with: "acme").replacing("{appId}", with: "shop")
                    .split(separator: "/").map { $0.hasPrefix("{") ? "x1" : String($0) }.joined(separator: "/")
                for (token, principal) in people {
                    harness.orchestrator.forget()
                    harness.logs.forget()
                    let method = try #require(HTTPRequest.Method(route.method))
                    let answer = try await harness.call(method, "/" + path, token: token, body: route.bodyLimit > 0 ? [:] : nil)
                    let target = AccessTarget(orgID: route.pattern.contains("{orgId}") ? "acme" : nil, appID: "shop")
                    let expected = decideFromPath(principal, route.action, on: target)
                    #expect(
                        answer.status == expected.refusal?.status ?? 200,
                        "\(principal.orgRole as OrgRole?) \(route.method) \(path)")
                    let reached = harness.orchestrator.received.count + harness.logs.received.count
                    #expect(reached == (expected.isAllowed ? 1 : 0))
                    #expect(answer.body["message"] == expected.refusal.map { .string($0.body.message) })
                }
            }
        }
    }

    @Test func aStreamIsPassedOnEventByEvent() async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", apps: ["shop": .viewer])
            harness.orchestrator.answers { received, context in
                let last = received.headers[RoomHeader.lastEventID] ?? "0"
                return EventStreamResponse(context) { sink in
                    for number in (Int(last) ?? 0) + 1...3 {
                        try await sink.send(StreamEvent(id: "\(number)", event: "node", data: ["n": .int(Int64(number))]))
                    }
                }
                .response()
            }
            let path = "/orgs/acme/apps/shop/envs/dev/deploys/d1/events"
            let stream = try await harness.open(.get, path, token: token, headers: [RoomHeader.lastEventID: "1"])
            #expect(stream.status == 200 && stream.headers[.contentType] == "text/event-stream")
            var parser = ServerSentEventParser(), events: [StreamEvent] = []
            for try await piece in stream { events += try parser.push(piece.readableBytesView) }
            #expect(events.map(\.id) == ["2", "3", "3"] && events.map(\.event) == ["node", "node", "end"])
            #expect(events.first?.data == ["n": 2])
            // A refusal before the stream begins is an answer like any other.
            harness.orchestrator.answers { _, _ in throw HTTPFailure.notFound("there is no deployment 'd1' here") }
            let refused = try await harness.call(.get, path, token: token)
            #expect(refused.status == 404 && refused.message == "there is no deployment 'd1' here")
        }
    }

    /// A stream ends when its token does, when the role does, and not because the directory or database is slow (T30).
    @Test(arguments: ["token", "role"]) func aStreamIsCutWhenAccessIsWithdrawn(_ withdrawn: String) async throws {
        try await GatewayHarness.with { harness in
            let token = try await harness.token("robot", apps: ["shop": .viewer])
            harness.logs.answers { _, context in
                EventStreamResponse(context) { sink in
                    try await sink.send(StreamEvent(id: "1", data: "first"))
                    // Nothing more, and no end, until this side is cut off.
                    for await _ in AsyncStream<Void>.makeStream().stream {}
                }
                .response()
            }
            let stream = try await harness.open(.get, "/orgs/acme/apps/shop/envs/dev/logs/stream", token: token)
            var parser = ServerSentEventParser(), events: [StreamEvent] = []
            // It ends; by itself it would not.
            do {
                for try await piece in stream {
                    let seen = events.count
                    events += try parser.push(piece.readableBytesView)
                    guard events.count > seen, seen == 0 else { continue }
                    if withdrawn == "token" {
                        try await harness.pool.execute("DELETE FROM gateway.tokens")
                    } else {
                        try await harness.pool.execute("DELETE FROM gateway.role_assignments", org: "acme")
                    }
                }
            } catch is RoomError {
                // A broken stream: the reader is not told that it is complete.
            }
            #expect(events.map(\.data) == ["first"])
        }
    }

    @Test func whoeverCreatesAnApplicationOwnsItUntilItIsGone() async throws {
        try await GatewayHarness.with { harness in
            let manager = try await harness.token("manager", org: .manager)
            harness.orchestrator.answers { received, _ in
                received.method == .delete
                    ? .empty(.accepted) : try .json(["id": "shop", "name": "Shop"] as JSON, status: .created)
            }
            let other = try await harness.token("other", apps: ["shop": .viewer, "blog": .viewer])
            #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: manager).status == 404)
            let created = try await harness.call(.post, "/orgs/acme/apps", token: manager, body: ["id": "shop", "name": "Shop"])
            #expect(created.status == 201 && created.body["name"] == "Shop")
            #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: manager).status == 201)
            #expect(harness.orchestrator.received.last?.principal?.appRoles == ["shop": .owner])
            #expect(try await harness.call(.delete, "/orgs/acme/apps/shop", token: manager).status == 202)
            // A later application of this name is nobody's yet.
            for token in [manager, other] {
                #expect(try await harness.call(.get, "/orgs/acme/apps/shop", token: token).status == 404)
            }
            #expect(try await harness.call(.get, "/orgs/acme/apps/blog", token: other).status == 201)
        }
    }
}
