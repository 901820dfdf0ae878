import AccessControl
import DirectoryClient
import HTTPTypes
import PlatformModel
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

extension GatewayHarness {
    func synchronise(dryRun: Bool = false, confirm: String? = nil) async throws -> DirectorySyncReport {
        try await room.call(.post, "/v1/admin/directory/sync", body: DirectorySyncRequest(dryRun: dryRun, confirm: confirm))
    }

    func directoryStatus() async throws -> DirectoryStatus { try await room.call(.get, "/v1/admin/directory") }

    /// People p0, p1, ... in shop-developers, each with a session.
    func crowd(_ count: Int) async throws -> [String] {
        for index in 0..<count {
            try await slapd.modify(
                """
                dn: uid=p\(index),ou=people,dc=example,dc=org
                changetype: add
                objectClass: inetOrgPerson
                uid: p\(index)
                cn: P\(index)
                sn: P
                userPassword: p\(index)-demo

                dn: cn=shop-developers,ou=groups,dc=example,dc=org
                changetype: modify
                add: member
                member: uid=p\(index),ou=people,dc=example,dc=org
                """)
        }
        var tokens: [String] = []
        for index in 0..<count { tokens.append(try await session(of: "p\(index)")) }
        return tokens
    }

    func organizations(_ token: String) async throws -> [String] {
        let answer = try await call(.get, "/current-user", token: token)
        #expect(answer.status == 200)
        return try (answer.body["organizations"] ?? .null).decode([String].self)
    }
}

@Suite struct DirectorySyncTests {
    private static let developersDN = "cn=shop-developers,ou=groups,dc=example,dc=org"

    /// T17: the group search succeeds and finds nothing at all. Nobody loses anything, neither by the check of their session nor by
    /// signing in again, until it is confirmed.
    @Test func t17AnEmptyGroupTakesNothing() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            let bob = try await harness.session(of: "bob"), alice = try await harness.session(of: "alice")
            try await harness.slapd.modify("dn: \(Self.developersDN)\nchangetype: delete")
            try await harness.slapd.modify("dn: cn=platform-engineers,ou=groups,dc=example,dc=org\nchangetype: delete")
            let people = harness.gateway.keeping.people
            try await people.checkAllDue()
            #expect(try await harness.organizations(bob) == ["acme"])
            #expect(try await harness.organizations(alice) == ["acme"])
            let again = try await harness.session(of: "bob")
            #expect(try await harness.organizations(again) == ["acme"])
            let status = try await harness.directoryStatus()
            #expect(status.held == 2 && status.people == 2 && status.unknown == 0 && status.heldSince != nil)
            #expect(people.alarm.count == 2)

            let look = try await harness.synchronise(dryRun: true)
            #expect(look.changes.map(\.kind) == [.left, .left] && look.changes.map(\.username).sorted() == ["alice", "bob"])
            #expect(
                look.changes.allSatisfy { $0.waitsBecause?.hasPrefix("these groups show no members at all: cn=") == true })
            #expect(look.confirmation == status.confirmation)
            let confirmation = try #require(look.confirmation)
            let wrong = await #expect(throws: RoomError.self) { try await harness.synchronise(confirm: "0123") }
            #expect(wrong?.status == 409)
            #expect(try await harness.organizations(bob) == ["acme"])

            let done = try await harness.synchronise(confirm: confirmation)
            #expect(done.changes.count == 2 && done.changes.allSatisfy { $0.waitsBecause == nil } && done.confirmation == nil)
            #expect(try await harness.organizations(bob) == [])
            #expect(try await harness.organizations(alice) == [])
            #expect(try await harness.directoryStatus().held == 0)
        }
    }

    /// T17: more people at once than is usual. Who came in the meantime still comes in; when the directory is right again, nothing waits.
    @Test func t17ManyAtOnceWait() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            let tokens = try await harness.crowd(7), people = harness.gateway.keeping.people
            let replaced = "dn: \(Self.developersDN)\nchangetype: modify\nreplace: member\nmember: "
            try await harness.slapd.modify(replaced + "uid=carol,ou=people,dc=example,dc=org")
            try await people.checkAllDue()
            for token in tokens { #expect(try await harness.organizations(token) == ["acme"]) }
            #expect(try await harness.directoryStatus().held == 7)
            // Signing in during that is no way to lose it either, and carol came in.
            #expect(try await harness.organizations(try await harness.session(of: "p0")) == ["acme"])
            #expect(try await harness.organizations(try await harness.session(of: "carol")) == ["acme"])
            let look = try await harness.synchronise(dryRun: true)
            #expect(
                look.changes.count == 7 && look.changes.allSatisfy { $0.waitsBecause == "so many people at once are not usual" })

            let members = (0..<7).map { "uid=p\($0),ou=people,dc=example,dc=org" }.joined(separator: "\nmember: ")
            try await harness.slapd.modify(replaced + members)
            _ = try await harness.synchronise()
            #expect(try await harness.directoryStatus().held == 0 && people.alarm.count == 0)
            // One of them is usual: gone at once.
            let fewer = (1..<7).map { "uid=p\($0),ou=people,dc=example,dc=org" }.joined(separator: "\nmember: ")
            try await harness.slapd.modify(replaced + fewer)
            try await people.checkAllDue()
            #expect(try await harness.organizations(tokens[0]) == [])
            #expect(try await harness.organizations(tokens[1]) == ["acme"])
        }
    }

    /// T17: people vanish in numbers, or all of them do.
    @Test func t17ManyGoneWait() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            let tokens = try await harness.crowd(6), people = harness.gateway.keeping.people
            for index in 0..<6 {
                try await harness.slapd.modify("dn: uid=p\(index),ou=people,dc=example,dc=org\nchangetype: delete")
            }
            try await people.checkAllDue()
            for token in tokens { #expect(try await harness.organizations(token) == ["acme"]) }
            let look = try await harness.synchronise(dryRun: true)
            #expect(look.changes.map(\.kind) == Array(repeating: .gone, count: 6))
            for name in ["alice", "bob", "carol"] {
                try await harness.slapd.modify("dn: uid=\(name),ou=people,dc=example,dc=org\nchangetype: delete")
            }
            #expect(
                try await harness.synchronise(dryRun: true).changes.first?.waitsBecause == "the directory shows nobody at all")
            _ = try await harness.synchronise(confirm: look.confirmation)
            for token in tokens { #expect(try await harness.call(.get, "/current-user", token: token).status == 401) }
        }
    }

    /// T18: whoever is disabled loses sessions and roles at the next look, and cannot come back; when they may again, they are who
    /// they were.
    @Test func t18DisabledIsOut() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            let bob = try await harness.signIn("bob").body.decode(SignInReply.self)
            let entry = "dn: uid=bob,ou=people,dc=example,dc=org\nchangetype: modify\n"
            try await harness.slapd.modify(entry + "add: pwdAccountLockedTime\npwdAccountLockedTime: 000001010000Z")
            let look = try await harness.synchronise(dryRun: true)
            #expect(look.changes.map(\.kind) == [.disabled] && look.changes.first?.waitsBecause == nil)
            #expect(try await harness.call(.get, "/current-user", token: bob.token).status == 200, "a look changes nothing")
            try await harness.gateway.keeping.people.checkAllDue()
            #expect(try await harness.call(.get, "/current-user", token: bob.token).status == 401)
            let refused = try await harness.signIn("bob")
            #expect(refused.status == 401 && refused.message == "The user name or the password is not right.")
            let path = "/v1/principals/\(HTTPCall.segment(bob.user.id))/roles"
            let roles: Principal = try await harness.room.call(.get, path, query: [("org", "acme")])
            #expect(roles.appRoles == [:])
            try await harness.slapd.modify(entry + "delete: pwdAccountLockedTime")
            #expect(try await harness.signIn("bob").body.decode(SignInReply.self).user.id == bob.user.id)
        }
    }

    /// T18: an open stream of somebody who was dropped from a group ends.
    @Test func t18StreamsEnd() async throws {
        try await GatewayHarness.with(directoryCheckSeconds: 0) { harness in
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer")
            let bob = try await harness.session(of: "bob")
            harness.logs.answers { _, context in
                EventStreamResponse(context) { sink in
                    try await sink.send(StreamEvent(id: "1", data: "first"))
                    // Nothing more, and no end, until this side is cut off.
                    for await _ in AsyncStream<Void>.makeStream().stream {}
                }
                .response()
            }
            let stream = try await harness.open(.get, "/orgs/acme/apps/shop/envs/dev/logs/stream", token: bob)
            var isDropped = false
            // It ends; by itself it would not.
            do {
                for try await _ in stream where !isDropped {
                    isDropped = true
                    try await harness.slapd.modify(
                        "dn: \(Self.developersDN)\nchangetype: modify\nreplace: member\nmember: uid=carol,ou=people,dc=example,dc=org"
                    )
                    try await harness.gateway.keeping.people.checkAllDue()
                }
            } catch is RoomError {
                // A broken stream: the reader is not told that it is complete.
            }
            #expect(isDropped)
        }
    }

    /// T23: how the directory is reached is a file of the host's. No public route reads or changes it, and what root is told over the
    /// socket holds no password.
    @Test func t23TheDirectoryIsConfiguredByNoRoute() async throws {
        for route in PublicRoute.all {
            #expect(!route.pattern.lowercased().contains("ldap") && !route.pattern.contains("directory"), "\(route.pattern)")
        }
        try await GatewayHarness.with { harness in
            let answer = try await harness.room.send(.get, "/v1/admin/directory")
            let text = String(decoding: answer.body, as: UTF8.self)
            #expect(text.contains("\"held\"") && !text.contains(PrivateSlapd.bindPassword) && !text.contains("bind"))
        }
    }

    /// Groups that get a role later, and people who come into groups, are found by the next synchronisation.
    @Test func newcomersAreFound() async throws {
        try await GatewayHarness.with { harness in
            try await harness.assign(GatewayHarness.engineers, .organization, nil, "administrator")
            try await harness.assign(GatewayHarness.developers, .application, "shop", "developer", in: "globex")
            let alice = try await harness.session(of: "alice")
            #expect(try await harness.organizations(alice) == ["acme"])
            try await harness.slapd.modify(
                "dn: \(Self.developersDN)\nchangetype: modify\nadd: member\nmember: uid=alice,ou=people,dc=example,dc=org")
            let look = try await harness.synchronise(dryRun: true)
            #expect(look.changes.map(\.kind) == [.joined] && look.changes.first?.groups == [Self.developersDN])
            #expect(try await harness.organizations(alice) == ["acme"])
            #expect(try await harness.synchronise().people == 1)
            #expect(try await harness.organizations(alice) == ["acme", "globex"])
            let id = try await harness.signIn("alice").body.decode(SignInReply.self).user.id
            let request = DirectoryRolesRequest(id: String(id.dropFirst(5)), groups: [Self.developersDN])
            let reply: DirectoryRolesReply = try await harness.room.call(.post, "/v1/admin/directory/roles", body: request)
            #expect(
                reply.roles == [
                    .init(
                        organization: "globex", level: .application, object: "shop", role: "developer", group: Self.developersDN)
                ])
        }
    }

    /// T16: a directory that takes connections and says nothing. While sign-ins wait for it, everybody else notices nothing.
    @Test func t16ASilentDirectoryHoldsNobodyUp() async throws {
        let silent = try RecordingRelay(to: nil)
        let port = silent.port
        try await GatewayHarness.with(directory: {
            $0.urls = ["ldaps://127.0.0.1:\(port)"]
            // Longer than the test: only the end of the silence answers.
            $0.connectTimeoutSeconds = 120
            $0.requestTimeoutSeconds = 120
        }) { harness in
            let token = try await harness.token("robot", org: .administrator)
            try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<12 { group.addTask { try await harness.signIn("alice").status } }
                try await eventually("sign-ins to wait") { silent.connections >= 4 }
                for _ in 0..<10 { #expect(try await harness.call(.get, "/orgs/acme/tokens", token: token).status == 200) }
                silent.stop()
                for try await status in group { #expect(status == 503) }
            }
        }
    }
}
