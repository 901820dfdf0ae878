import HTTPTypes
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import Orchestrator

/// Accounts: what is kept of them where, and what drivers are given.
@Suite struct AccountTests {
    private static let accounts = "/orgs/acme/resources/accounts"
    private static let aws: JSON = [
        "id": "aws-dev", "name": "AWS", "type": "aws",
        "credentials": ["aws_access_key_id": "AKIA1", "aws_secret_access_key": "s3cret"],
    ]

    private static let score = """
        apiVersion: score.dev/v1b1
        metadata: {name: web}
        containers:
          main: {image: registry.example/web:1}
        resources:
          bucket: {type: s3}
        """

    @Test func theirCredentialsAreTheBrokers() async throws {
        try await Harness.with { harness in
            let made = try await harness.must(200, .post, Self.accounts, Self.aws)
            #expect(made["is_used"] == false && made["credentials"] == nil && made["created_by"] == "user:ann")
            #expect(try await harness.must(200, .get, Self.accounts) == [made])
            #expect(try await harness.must(200, .get, Self.accounts + "/aws-dev") == made)
            #expect(try await harness.call(.post, Self.accounts, Self.aws).status == 409)
            let path = try #require(harness.broker.current.secrets.keys.first { $0.contains("/accounts/aws-dev/") })
            #expect(
                harness.broker.current.secrets[path]
                    == .object(["AccessKeyId": "AKIA1", "SecretAccessKey": "s3cret"]))

            let renamed = try await harness.must(200, .patch, Self.accounts + "/aws-dev", ["name": "Other"])
            #expect(renamed["name"] == "Other")
            let rotated: JSON = ["credentials": ["aws_access_key_id": "AKIA2", "aws_secret_access_key": "n3w"]]
            try await harness.must(204, .patch, Self.accounts + "/aws-dev?dry_run=true", rotated)
            #expect(harness.broker.current.secrets[path]?["AccessKeyId"] == "AKIA1")
            try await harness.must(200, .patch, Self.accounts + "/aws-dev", rotated)
            #expect(harness.broker.current.secrets[path]?["AccessKeyId"] == "AKIA2")

            try await harness.must(204, .delete, Self.accounts + "/aws-dev")
            try await harness.must(404, .get, Self.accounts + "/aws-dev")
            try await harness.must(404, .patch, Self.accounts + "/aws-dev", rotated)
            // Erased by a worker that looks again and again.
            try await eventually("the credentials are erased") { harness.broker.current.secrets[path] == nil }
        }
    }

    @Test func whatIsWrongIsToldAtOnceAndNothingOfTheCredentials() async throws {
        try await Harness.with { harness in
            let refused = try await harness.call(
                .post, Self.accounts,
                ["id": "No", "name": "", "type": "aws", "credentials": ["aws_access_key_id": 7, "other": "s3cret"]])
            #expect(refused.status == 400, "\(refused.body)")
            for word in ["id", "name", "credentials.aws_access_key_id", "aws_secret_access_key"] {
                #expect(refused.message.contains(word), "\(word): \(refused.message)")
            }
            #expect(!refused.message.contains("s3cret"))
            let role = try await harness.call(
                .post, Self.accounts, ["id": "aws-role", "name": "x", "type": "aws-role", "credentials": [:]])
            #expect(role.status == 400 && role.message.contains("temporary"), "\(role.message)")
            try await harness.must(204, .post, Self.accounts + "?dry_run=true", Self.aws)
            try await harness.must(404, .get, Self.accounts + "/aws-dev")
            try await harness.must(404, .patch, Self.accounts + "/none", [:])
        }
    }

    @Test func onlyWhatIsNoSecretIsShown() async throws {
        try await Harness.with { harness in
            let gcp: JSON = [
                "id": "gcp", "name": "GCP", "type": "gcp",
                "credentials": [
                    "type": "service_account", "project_id": "shop-1", "private_key": "s3cret", "client_email": "ci@shop-1",
                ],
            ]
            try await harness.must(200, .post, Self.accounts, gcp)
            let check = try await harness.must(200, .post, Self.accounts + "/gcp/actions/check")
            #expect(check["identity_fields"]?.array?.compactMap { $0["value"]?.string } == ["ci@shop-1", "shop-1"])
            #expect(check["warnings"]?.array?.count == 1)
        }
    }

    @Test func driversAreGivenThemByReference() async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            try await harness.define(
                "buckets", "s3", driver: "martlet/terraform", values: ["script": "x"], criteria: [[:]], account: "aws-dev")
            let early = try await harness.deploy(Self.score)
            try await harness.ended(early)
            let none = try await harness.errors(of: early)
            #expect(none.map { $0["code"] } == ["PLAN-115"] && JSON.array(none).canonical.contains("aws-dev"), "\(none)")

            try await harness.must(200, .post, Self.accounts, Self.aws)
            try await harness.deployed(Self.score)
            let path = try #require(harness.broker.current.secrets.keys.first { $0.contains("/accounts/aws-dev/") })
            let order = try #require(harness.runner.orders.first { $0.words == "provision s3" })
            let slot = SecretSlot(pointer: "/account", parts: [.reference(SecretReference(ref: path))])
            #expect(order.resource?.slots == [slot] && order.resource?.inputs["account"] == .null)
            #expect(harness.broker.current.given[order.request.grant]?.reads.map(\.ref) == [path])

            // In use; and other credentials change no resource.
            #expect(try await harness.must(200, .get, Self.accounts + "/aws-dev")["is_used"] == true)
            let kept = try await harness.call(.delete, Self.accounts + "/aws-dev")
            #expect(
                kept.status == 400 && kept.message.contains("buckets") && kept.message.contains("s3.default"), "\(kept.message)")
            try await harness.must(
                200, .patch, Self.accounts + "/aws-dev",
                ["credentials": ["aws_access_key_id": "AKIA2", "aws_secret_access_key": "n3w"]])
            let plan = try await harness.must(201, .post, Harness.environment + "/plans", [:])
            #expect(plan["nodes"]?.array?.allSatisfy { $0["action"] == "keep" } == true, "\(plan.canonical)")
        }
    }

    /// When the definition was made nobody knew of what type the account would be.
    @Test func aDriverIsNotGivenOneThatItDoesNotTake() async throws {
        try await Harness.with { harness in
            try await harness.must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
            var driver: JSON = [
                "id": "buckets", "type": "s3", "target": "https://drivers.example.com/s3/", "inputs_schema": [:],
                "account_types": ["gcp", "azure"],
            ]
            try await harness.must(200, .post, "/orgs/acme/resources/drivers", driver)
            try await harness.define("buckets", "s3", driver: "acme/buckets", values: [:], criteria: [[:]], account: "aws-dev")
            try await harness.must(200, .post, Self.accounts, Self.aws)
            let refused = try await harness.deploy(Self.score)
            try await harness.ended(refused)
            let errors = try await harness.errors(of: refused)
            #expect(errors.map { $0["code"] } == ["PLAN-118"], "\(errors)")
            let words = errors.first?["message"]?.string ?? ""
            #expect(words.contains("'aws-dev' of the type 'aws'") && words.contains("it takes: gcp, azure"), "\(words)")
            #expect(harness.runner.orders.isEmpty)

            driver["account_types"] = ["aws"]
            driver["id"] = nil
            try await harness.must(200, .put, "/orgs/acme/resources/drivers/buckets", driver)
            try await harness.deployed(Self.score)
        }
    }

    @Test func twoThatMakeTheSameOneGetOneAccount() async throws {
        try await Harness.with { harness in
            let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                for _ in 0..<8 { group.addTask { try await harness.call(.post, Self.accounts, Self.aws).status } }
                return try await group.reduce(into: [Int]()) { $0.append($1) }
            }
            #expect(statuses.filter { $0 == 200 }.count == 1 && statuses.filter { $0 == 409 }.count == 7, "\(statuses)")
        }
    }
}
