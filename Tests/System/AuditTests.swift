import AccessControl
import PlatformModel
import Postgres
import TestSupport
import Testing

extension ApplianceTests {
    /// The audit log of the running appliance.
    @Suite struct AuditTests {
        private static let log = "/orgs/acme/audit-logs"

        /// What is asked on the rooms' own sockets is on record with the status of its answer, whether it was done, refused or changed
        /// nothing.
        @Test func adminSocketsRecordTheirAnswers() async throws {
            let appliance = try await Appliance.shared()
            let group = #"{"subject": "group:cn=auditors,ou=groups,dc=example,dc=org", "level": "org", "role": "member"}"#
            let calls: [(RoomName, String, String, String?)] = [
                (.orchestrator, "POST", "orgs", #"{"id": "socket", "name": "S"}"#),
                (.orchestrator, "POST", "orgs", #"{"id": "socket", "name": "S"}"#),
                (.orchestrator, "PATCH", "orgs/socket/limits", #"{"containers": 5}"#),
                (.orchestrator, "POST", "orgs/socket/suspend", #"{"reason": "r"}"#),
                (.orchestrator, "POST", "orgs/socket/resume", nil), (.orchestrator, "POST", "orgs/none/resume", nil),
                (.gateway, "POST", "orgs/socket/roles", group), (.gateway, "POST", "orgs/socket/roles/remove", group),
                (.gateway, "POST", "orgs/socket/roles", "{}"),
                (.gateway, "POST", "orgs/socket/tokens", #"{"name": "robot", "org_role": "member"}"#),
                (.gateway, "POST", "directory/sync", #"{"dry_run": true}"#),
                (.gateway, "POST", "break-glass", #"{"hours": 1}"#), (.gateway, "DELETE", "break-glass", nil),
                (.gateway, "POST", "sign-ins/unlock", "{}"),
                (.orchestrator, "DELETE", "orgs/socket", nil),
            ]
            var told: Set<String> = []
            for (number, (room, method, path, body)) in calls.enumerated() {
                let id = "socket-\(number)"
                let data = body.map { ["-H", "content-type: application/json", "-d", $0] } ?? []
                let run = try await appliance.curl(
                    room, "/v1/admin/\(path)", ["-X", method, "-H", "martlet-request-id: \(id)"] + data)
                let kept = try await appliance.sql("SELECT status, actor FROM audit.entries WHERE request_id = \(id)").map {
                    "\(try $0.optionalInt("status") ?? 0) \(try $0.string("actor"))"
                }
                #expect(kept == ["\(run.status) root"], "\(method) \(path): \(run.output)")
                told.insert(run.status)
            }
            #expect(told.isSuperset(of: ["200", "201", "204", "404"]), "\(told)")
        }

        /// Every kind of entry that one organisation sees, page by page, and nobody else.
        @Test func anOrganizationReadsItsOwn() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.must(201, "POST", "/orgs/acme/env-types", ["id": "audited"])
            try await appliance.must(409, "POST", "/orgs/acme/env-types", ["id": "audited"])
            try await appliance.must(204, "DELETE", "/orgs/acme/env-types/audited")
            let newest = try await appliance.must(200, "GET", Self.log + "?per_page=2").array ?? []
            #expect(newest.map { $0["request_method"]?.string } == ["DELETE", "POST"])
            #expect(newest.map { $0["response_status"]?.int } == [204, 201])
            #expect(newest.map { $0["request_path"]?.string } == ["/orgs/acme/env-types/audited", "/orgs/acme/env-types"])
            #expect(newest.allSatisfy { $0["org_id"] == "acme" && $0["user_id"]?.string?.hasPrefix("service:") == true })
            #expect(newest.allSatisfy { $0["token_id"]?.string != nil })
            let refused = try await appliance.must(200, "GET", Self.log + "?outcome=refused&per_page=1")[0]
            #expect(refused?["response_status"] == 409 && refused?["details"]?["code"] == "conflict")
            // All pages together are the whole, each entry once.
            var seen: [String] = [], next: String? = Self.log + "?outcome=all&per_page=2"
            while let path = next {
                let answer = try await appliance.call("GET", path)
                seen += answer.body.array?.compactMap { $0["id"]?.string } ?? []
                next = answer.headers["link"].flatMap {
                    $0.hasSuffix("; rel=\"next\"") ? String($0.dropFirst().prefix { $0 != ">" }) : nil
                }
            }
            let there = try await appliance.sql("SELECT id::text FROM audit.entries WHERE org_id = 'acme'").map {
                try $0.string("id")
            }
            #expect(
                Set(seen).count == seen.count && Set(seen).subtracting(there).isEmpty && seen.count + 50 > there.count
                    && seen.count > 5)
            let other = try await appliance.must(
                200, "GET", "/orgs/globex/audit-logs?outcome=all", token: appliance.token(of: "globex"))
            #expect(other.array?.allSatisfy { $0["org_id"] == "globex" } == true)
            for query in [
                "per_page=0", "per_page=101", "per_page=x", "page=00", "page=zz", "from=yesterday", "to=now", "outcome=good",
            ] {
                try await appliance.must(400, "GET", Self.log + "?" + query)
            }
            let from = try #require(newest[1]["at"]?.string), to = try #require(newest[0]["at"]?.string)
            let between = try await appliance.must(200, "GET", Self.log + "?from=\(from)&to=\(to)").array ?? []
            #expect(between.allSatisfy { ($0["at"]?.string ?? "") > from && ($0["at"]?.string ?? "") < to })
        }

        /// A page has at most 32 days of them, and the links lead over the time before.
        @Test func aPageHasThirtyTwoDays() async throws {
            let appliance = try await Appliance.shared()
            // Unsealed rows of long ago: the sealer takes them as it finds them.
            for days in [400, 390, 340] {
                _ = try await appliance.sql(
                    """
                    INSERT INTO audit.entries (org_id, at, room, actor, action, outcome, method, path, status, details)
                    VALUES ('globex', now() - \(days) * interval '1 day', 'test', 'user:old', 'test', 'done', 'POST', '/old', 200, '{}')
                    """)
            }
            let path = "/orgs/globex/audit-logs?to=\(Timestamp(milliseconds: try await now(appliance) - 300 * 86_400_000))"
            let first = try await appliance.call("GET", path, token: appliance.token(of: "globex"))
            #expect(first.body.array?.count == 1)
            let link = try #require(first.headers["link"]), next = String(link.dropFirst().prefix { $0 != ">" })
            let second = try await appliance.call("GET", next, token: appliance.token(of: "globex"))
            #expect(second.body.array?.count == 2 && second.headers["link"] == nil)
        }

        private func now(_ appliance: Appliance) async throws -> Int64 {
            try await appliance.sql("SELECT clock_timestamp() AS now")[0].timestamp("now").milliseconds
        }

        /// T41: no entry, no write, within 2 s; what only reads goes on; and it comes back by itself.
        @Test func whereTheLogIsBlockedNothingIsWritten() async throws {
            let appliance = try await Appliance.shared()
            let lock = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
            try await lock.execute("BEGIN")
            try await lock.execute("LOCK TABLE audit.entries IN ACCESS EXCLUSIVE MODE")
            let writes: [(method: String, path: String, body: JSON?)] = [
                ("POST", "/orgs/acme/env-types", ["id": "unrecorded"]),
                ("POST", "/orgs/acme/tokens", ["name": "unrecorded", "org_role": "member"]),
                ("POST", "/auth/login", ["username": "alice", "password": "alice-demo"]),
                ("POST", "/auth/login", ["username": "alice", "password": "wrong"]),
                ("DELETE", "/orgs/acme/env-types/nowhere", nil),
            ]
            for write in writes {
                let start = ContinuousClock.now
                let answer = try await appliance.call(write.method, write.path, write.body)
                #expect(answer.status == 503 && answer.headers["retry-after"] != nil, "\(write.path) -> \(answer)")
                #expect(ContinuousClock.now - start < .seconds(2), "\(write.path)")
            }
            try await appliance.must(200, "GET", "/orgs/acme/env-types")
            try await lock.execute("COMMIT")
            await lock.close()
            let types = try await appliance.must(200, "GET", "/orgs/acme/env-types").array ?? []
            #expect(!types.contains { $0["id"] == "unrecorded" })
            #expect(
                try await appliance.must(200, "GET", "/orgs/acme/tokens").array?.contains { $0["name"] == "unrecorded" } == false)
            try await eventually("writes are taken again") {
                try await appliance.call("POST", "/orgs/acme/env-types", ["id": "recorded"]).status == 201
            }
            try await appliance.must(204, "DELETE", "/orgs/acme/env-types/recorded")
            // Each room finds out by itself.
            try await eventually("sign-ins are taken again") {
                try await appliance.call("POST", "/auth/login", ["username": "alice", "password": "alice-demo"]).status == 200
            }
        }

        /// Sign-ins and strangers are of no organisation; what root does is on record, too.
        @Test func whatIsOfNoOrganization() async throws {
            let appliance = try await Appliance.shared()
            let good = try await appliance.call("POST", "/auth/login", ["username": "alice", "password": "alice-demo"])
            let bad = try await appliance.call("POST", "/auth/login", ["username": "alice", "password": "wrong"])
            let nobody = try await appliance.call("POST", "/orgs/acme/apps", ["id": "x", "name": "x"], token: "mrt_no")
            let signedIn = try await appliance.record(of: good)
            #expect(
                signedIn.map(\.outcome) == ["done"] && signedIn.first?.actor.hasPrefix("user:") == true
                    && signedIn.first?.org == nil)
            #expect(
                try await appliance.record(of: bad).map { "\($0.outcome) \($0.status) \($0.actor)" } == ["refused 401 nobody"])
            let stranger = try await appliance.record(of: nobody)
            #expect(
                stranger.map { "\($0.outcome) \($0.status) \($0.actor)" } == ["refused 401 nobody"] && stranger.first?.org == nil)
            _ = try await appliance.admin(["org", "create", "acme", "--name", "Acme"])
            let shown = try await appliance.admin(["audit", "show", "--limit", "1000"])
            #expect(
                shown.contains("nobody") && shown.contains("signIn") && !shown.contains("alice-demo") && !shown.contains("wrong"))
            let root = try await appliance.sql("SELECT org_id, actor, path FROM audit.entries WHERE action = 'admin'")
            #expect(
                try root.contains {
                    try $0.string("actor") == "root" && $0.string("path") == "/v1/admin/orgs"
                        && $0.optionalString("org_id") == "acme"
                })
            let names = try await appliance.sql(
                "SELECT details->>'name_digest' AS name FROM audit.entries WHERE action = 'signIn'")
            // A body without a name has none.
            let digests = try names.compactMap { try $0.optionalString("name") }
            #expect(!digests.isEmpty && digests.allSatisfy { $0.count == 12 })
        }

        /// The whole of it, by the command and with the heads that the broker keeps; then one entry is changed (T42).
        @Test func theChainIsWhole() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.must(201, "POST", "/orgs/acme/env-types", ["id": "chained"])
            try await appliance.must(204, "DELETE", "/orgs/acme/env-types/chained")
            let sealed = try await eventually("sealed and kept outside") { () async throws -> String? in
                let words = try await appliance.admin(["audit", "verify", "--head", appliance.heads])
                return words.contains("not sealed yet") ? nil : words
            }
            #expect(sealed.contains("entries are whole") && sealed.contains("signed ends from elsewhere agree"))
            let actor = try await appliance.sql("SELECT actor FROM audit.entries WHERE number = 3")[0].string("actor")
            _ = try await appliance.sql("UPDATE audit.entries SET actor = 'user:x' WHERE number = 3")
            let run = try await CommandRun([
                ProgramProcess.folder + "/martlet-admin", "audit", "verify", "--config", appliance.file("admin.yaml"),
            ])
            #expect(run.code == 1 && run.output.contains("NOT WHOLE: entry 3, of "), "\(run.output)\(run.error)")
            _ = try await appliance.sql("UPDATE audit.entries SET actor = \(actor) WHERE number = 3")
            #expect(try await appliance.admin(["audit", "verify"]).contains("entries are whole"))
        }
    }
}
