import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import TestSupport
import Testing

@testable import SecretBroker

/// T40: who may refer to which path of an outside store.
@Suite struct OutsideReferenceTests {
    @Test(arguments: [
        "", "/a", "a/", "a//b", ".", "..", "a/../b", "a/./b", "a/*", "*", "a/%2e%2e/b", "a?version=1", "a\\b", "a/b#", "a#b#c",
        "a b", "a/\u{0}", "ä", "a/${x}", "a;b", "a&b", String(repeating: "a/", count: 40) + "a",
        String(repeating: "a", count: 2000),
    ])
    func whatIsNoPathIsRefused(_ text: String) {
        #expect(throws: OutsidePathError.self) { try OutsidePath(text) }
    }

    @Test func pathsHaveOneSpelling() throws {
        let path = try OutsidePath("apps/shop/a.b-c_d@e:f+g~h=i,j#member name")
        #expect(path.segments.count == 3 && path.field == "member name" && path.text == "apps/shop/a.b-c_d@e:f+g~h=i,j")
        #expect(try OutsidePath("...").segments == ["..."], "three dots are a name")
    }

    @Test(
        arguments: [
            (["apps/{app}"], "apps/shop", true), (["apps/{app}"], "apps/shop/db", true), (["apps/{app}"], "apps/shopping", false),
            (["apps/{app}"], "apps/other/shop", false), (["apps/{app}"], "apps", false),
            (["{env_type}/{app}"], "production/shop/x", false),
            (["{env_type}/{app}"], "development/shop/x", true), (["{env}"], "dev/x", true), (["{env}"], "prod/x", false),
            (["shared", "apps/{app}/{env}"], "shared/x", true), (["shared"], "sharedx", false), (["/"], "anything/at/all", true),
            ([], "apps/shop/x", false),
        ] as [([String], String, Bool)])
    func templates(_ templates: [String], _ path: String, _ isAllowed: Bool) throws {
        let place = SecretPlace(appID: "shop", envID: "dev", envType: "development")
        let rule = try OutsidePathRule(templates), parsed = try OutsidePath(path)
        #expect(rule.allows(parsed, at: place) == isAllowed)
        // A value of the application is for whichever of its environments it fits.
        let open = SecretPlace(appID: "shop")
        #expect(rule.allows(parsed, at: open) || !isAllowed)
    }

    @Test(arguments: ["apps/*", "{app}x", "x{app}", "{org}", "", "a//b", "../a", "{app", "apps/{app}/"])
    func whatIsNoTemplateIsRefused(_ text: String) {
        #expect(throws: OutsidePathError.self) { try OutsidePathRule([text]) }
    }

    /// What a grant of an application's deployment gives, by who wrote the reference; the rule of the moment counts.
    @Test func theRuleHoldsWhenASecretIsRead() async throws {
        try await VaultFixture.with(vault: ["paths": ["apps/{app}/{env_type}", "shared"]]) { fixture in
            for path in [
                "apps/shop/development/x", "apps/shop/production/x", "apps/other/development/x", "platform/x", "shared/x",
            ] {
                try await fixture.keep(path, ["value": "v"])
            }
            #expect(try await fixture.read("platform/x") == "v", "a definition's")
            #expect(try await fixture.read("apps/shop/development/x", isValue: true) == "v")
            #expect(try await fixture.read("shared/x", isValue: true) == "v")
            _ = try await fixture.requests()
            for path in ["apps/shop/production/x", "apps/other/development/x", "platform/x"] {
                let answer = try await fixture.refusal { _ = try await fixture.read(path, isValue: true) }
                #expect(answer.hasPrefix("403 not_granted"), "\(path): \(answer)")
            }
            #expect(try await fixture.requests().isEmpty, "it is not even asked for")
            try await fixture.put(auth: nil, extra: ["paths": ["apps/{app}/{env_type}"]], isNew: false)
            let narrower = try await fixture.refusal { _ = try await fixture.read("shared/x", isValue: true) }
            #expect(narrower.hasPrefix("403 not_granted"), "\(narrower)")
            let refused = try await fixture.broker.reads().filter { try $0.string("outcome") == "refused" }
            #expect(refused.count == 4)
        }
    }

    @Test func referencesAreJudgedWhenTheyAreWritten() async throws {
        try await VaultFixture.with { fixture in
            let place = SecretPlace(appID: "shop")
            let references = [
                ("vault", "apps/shop/x", nil), ("vault", "apps/other/x", nil), ("vault", "apps/shop/../other", nil),
                ("vautl", "a", nil),
                ("vault", "apps/shop/x", "0"), ("vault", "apps/shop/x", "7"),
            ].map { SecretReference(store: $0.0, ref: $0.1, version: $0.2) }
            func refusals(_ org: String, _ place: SecretPlace?) async throws -> [String?] {
                let reply: SecretReferenceCheck.Reply = try await fixture.broker.client.call(
                    .post, "/v1/store-references/check",
                    body: SecretReferenceCheck(orgID: org, place: place, references: references))
                return reply.refusals
            }
            let theirs = try await refusals("acme", place)
            #expect(theirs[0] == nil && theirs[5] == nil)
            #expect(theirs[1]?.contains("'apps/{app}'") == true && theirs[2]?.contains("'..'") == true)
            #expect(theirs[3]?.contains("did you mean 'vault'") == true && theirs[4]?.contains("no number") == true)
            #expect(try await refusals("acme", nil)[1] == nil, "who writes definitions may")
            // Another organisation's store is none.
            #expect(try await refusals("globex", nil).allSatisfy { $0?.contains("there is no secret store") == true })
        }
    }

    @Test func anothersStoreIsNotRead() async throws {
        try await VaultFixture.with { fixture in
            try await fixture.keep("apps/shop/x", ["value": "v"])
            let reference = SecretReference(store: "vault", ref: "apps/shop/x")
            try await fixture.broker.client.send(
                .put, "/v1/grants/theirs",
                body: Grant(
                    orgID: "globex", reads: [reference], writePrefix: nil, standing: false,
                    place: SecretPlace(appID: "shop", envID: "dev")))
            _ = try await fixture.requests()
            for (grant, org) in [("theirs", "globex"), ("theirs", "acme"), ("none", "acme")] {
                let answer = try await fixture.refusal {
                    let _: SecretReadReply = try await fixture.broker.client.call(
                        .post, "/v1/secrets/read", body: SecretReadRequest(grant: grant, references: [reference], orgID: org))
                }
                #expect(answer.hasPrefix("403 not_granted"), "\(grant) \(org): \(answer)")
            }
            #expect(try await fixture.requests().isEmpty)
        }
    }

    /// What signs in is sealed, shown nowhere, and not taken along to another place.
    @Test func credentialsStayWhereTheyAre() async throws {
        try await VaultFixture.with(auth: ["token": "hvs.canary-7781"]) { fixture in
            let shown: [SecretStoreRecord] = try await fixture.broker.client.call(.get, "/v1/stores", query: [("org", "acme")])
            #expect(shown.count == 1)
            #expect(try !JSON(encoding: shown).canonical.contains("canary"))
            let rows = try await fixture.broker.rows(
                """
                SELECT (SELECT count(*) FROM broker.stores s WHERE s::text LIKE '%canary-7781%')
                     + (SELECT count(*) FROM broker.stores s WHERE position('canary-7781'::bytea IN s.credentials) > 0) AS count
                """)
            #expect(try rows[0].int("count") == 0)
            for change: JSON in [
                ["url": "https://127.0.0.1:1"], ["namespace": "other"], ["ca": ""], ["url": .string(fixture.vault.url + "/evil")],
            ] {
                let answer = try await fixture.refusal { try await fixture.put(auth: nil, extra: change, isNew: false) }
                #expect(answer.hasPrefix("422 invalid") && answer.contains("given again"), "\(answer)")
            }
            try await fixture.put(auth: nil, extra: ["path": "kv", "kv_version": 1], isNew: false)
            // Moved to another organisation's row it does not open.
            try await fixture.broker.sql(
                "UPDATE broker.stores SET credentials = set_byte(credentials, 20, (get_byte(credentials, 20) + 1) % 256)")
            let moved = try await fixture.refusal {
                let _: SecretStoreCheck = try await fixture.broker.client.call(
                    .post, "/v1/stores/vault/check", query: [("org", "acme")])
            }
            #expect(moved.hasPrefix("500"), "\(moved)")
        }
    }

    @Test(arguments: [
        (#"{}"#, "vault.url"), (#"{"url": "http://v:8200", "auth": {"token": "x"}}"#, "https"),
        (#"{"url": "https://u:p@v", "auth": {"token": "x"}}"#, "vault.url"), (#"{"url": "https://v"}"#, "vault.auth"),
        (#"{"url": "https://v", "auth": {"token": "x", "role_id": "y", "secret_id": "z"}}"#, "vault.auth"),
        (#"{"url": "https://v", "auth": {"role": "x"}}"#, "Kubernetes"),
        (#"{"url": "https://v", "auth": {"token": "a\r\nb"}}"#, "auth.token"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "path": "a/../b"}"#, "vault.path"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "paths": ["apps/*"]}"#, "vault.paths"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "kv_version": 3}"#, "kv_version"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "namespace": "a\nb"}"#, "namespace"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "ca": "no"}"#, "vault.ca"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "agent_id": "a"}"#, "agent_id"),
        (#"{"url": "https://v", "auth": {"token": "x"}, "pathes": []}"#, "did you mean 'paths'"),
    ])
    func whatIsNoStoreIsRefused(_ document: String, _ words: String) async throws {
        try await BrokerFixture.with { broker in
            do {
                let _: SecretStoreRecord = try await broker.client.call(
                    .put, "/v1/stores/vault",
                    body: SecretStoreWrite(orgID: "acme", by: "user:ann", isNew: true, vault: try JSON.parse(document)))
                Issue.record("\(document) was taken")
            } catch let error as RoomError {
                #expect(error.status == 422 && error.body?.message.contains(words) == true, "\(error)")
            }
        }
    }

    @Test func aCheckGoesStepByStep() async throws {
        try await VaultFixture.with(auth: VaultFixture.approle) { fixture in
            func check() async throws -> [SecretStoreCheck.Step] {
                let check: SecretStoreCheck = try await fixture.broker.client.call(
                    .post, "/v1/stores/vault/check", query: [("org", "acme")], timeout: .seconds(60))
                #expect(try !JSON(encoding: check).canonical.contains("secret-1"))
                return check.steps
            }
            let good = try await check()
            #expect(good.map(\.step) == ["connection", "sign-in", "mount"] && good.allSatisfy(\.ok), "\(good)")
            #expect(good[1].message.contains("policies default, martlet") && good[2].message.contains("version 2"))
            try await fixture.put(auth: nil, extra: ["kv_version": 1], isNew: false)
            #expect(try await check().last?.message.contains("set kv_version to it") == true)
            try await fixture.put(auth: ["role_id": "role-1", "secret_id": "wrong"], extra: ["kv_version": 2], isNew: false)
            let denied = try await check()
            #expect(denied.map(\.ok) == [true, false] && denied[1].message.contains("invalid secret id"), "\(denied)")
            try await fixture.control(["sealed": true])
            let sealed = try await check()
            #expect(sealed.map(\.ok) == [false] && sealed[0].message.contains("sealed"), "\(sealed)")
        }
    }
}
