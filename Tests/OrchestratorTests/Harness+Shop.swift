import HTTPTypes
import PlatformModel
import TestSupport
import Testing

/// The application of these tests: a web workload with a postgres of its own and a route.
extension Harness {
    static let environment = "/orgs/acme/apps/shop/envs/development"

    static let score = """
        apiVersion: score.dev/v1b1
        metadata:
          name: web
        containers:
          main:
            image: registry.example/web:1
            variables:
              DB_HOST: ${resources.db.host}
              DB_URL: postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}/${resources.db.name}
              SITE: ${resources.site.host}
        service:
          ports:
            http:
              port: 80
              targetPort: 8080
        resources:
          db:
            type: postgres
          site:
            type: route
            params:
              path: /
        """

    /// Definitions of postgres and route, and the application with its first environment.
    func createShop() async throws {
        try await define(
            "pg-all", "postgres", driver: "martlet/postgres", values: ["server": "one"], criteria: [[:]])
        try await define("site", "route", driver: "martlet/echo", values: ["host": "shop.example"], criteria: [[:]])
        try await must(201, .post, "/orgs/acme/apps", ["id": "shop", "name": "Shop"])
    }

    func define(
        _ id: String, _ type: String, driver: String = "martlet/echo", values: JSON = [:], secrets: JSON? = nil,
        criteria: [JSON] = [], provision: JSON = [:], account: String? = nil
    ) async throws {
        var inputs: [String: JSON] = ["values": values]
        inputs["secrets"] = secrets
        var definition: JSON = [
            "id": .string(id), "name": .string(id), "type": .string(type), "driver_type": .string(driver),
            "driver_inputs": .object(inputs), "criteria": .array(criteria), "provision": provision,
        ]
        if let account { definition["driver_account"] = .string(account) }
        try await must(200, .post, "/orgs/acme/resources/defs", definition)
    }

    static func body(_ score: String, name: String = "score.yaml") -> JSON {
        ["files": [["name": .string(name), "score": .string(score)]]]
    }

    /// Starts a deployment of a Score file and returns its id.
    func deploy(
        _ score: String = Harness.score, to environment: String = Harness.environment,
        as principal: Principal = People.administrator
    ) async throws -> String {
        try #require(try await must(202, .post, environment + "/score-deploys", Self.body(score), as: principal)["id"]?.string)
    }

    /// Starts a deployment of what the environment has as its base.
    func redeploy(_ body: JSON = [:]) async throws -> String {
        try #require(try await must(201, .post, Self.environment + "/deploys", body)["id"]?.string)
    }

    /// Waits until a deployment has ended, and returns it.
    @discardableResult
    func ended(_ id: String, in environment: String = Harness.environment) async throws -> JSON {
        try await eventually(within: .seconds(90), "the end of deployment \(id)") {
            let deployment = try await self.must(200, .get, "\(environment)/deploys/\(id)")
            return ["succeeded", "failed"].contains(deployment["status"]?.string) ? deployment : JSON?.none
        }
    }

    /// Deploys, waits, and requires success; with the errors where it failed.
    @discardableResult
    func deployed(_ score: String = Harness.score) async throws -> String {
        let id = try await deploy(score)
        try await mustSucceed(id)
        return id
    }

    func mustSucceed(_ id: String) async throws {
        let deployment = try await ended(id)
        let errors = try await errors(of: id)
        try #require(deployment["status"] == "succeeded", "\(errors)")
    }

    func errors(of id: String) async throws -> [JSON] {
        try await must(200, .get, "\(Self.environment)/deploys/\(id)/errors").array ?? []
    }

    func resources(in environment: String = Harness.environment) async throws -> [JSON] {
        try await must(200, .get, environment + "/resources").array ?? []
    }
}
