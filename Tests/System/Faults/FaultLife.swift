import Glibc
import PlatformModel
import Postgres
import Synchronization
import TestSupport
import Testing

/// The life of one environment under a fault: made, deployed, deployed otherwise, deleted, by a client that never gives up; looked at
/// after each of these. What is wrong is noted, not thrown.
final class FaultLife: Sendable {
    static let app = "/orgs/acme/apps/matrix"
    /// Deployments or deletions of one kind that may fail: one for each verb, and then some.
    static let tries = 12

    let env: String
    let kind: FaultKind
    let appliance: Appliance
    let tenant: PostgresConnection
    let database: PostgresConnection
    private let noted = Mutex<[String]>([])
    /// What stands that is not of this environment.
    let baseline: [Int], grants: Int

    init(_ env: String, _ kind: FaultKind, _ appliance: Appliance, tenant: PostgresConnection, database: PostgresConnection)
        async throws
    {
        self.env = env
        self.kind = kind
        self.appliance = appliance
        self.tenant = tenant
        self.database = database
        baseline = try await Self.tenantObjects(tenant)
        grants = try await Self.standingGrants(database)
    }

    /// The application, and the definitions of what its environments hold.
    static func prepare(_ appliance: Appliance) async throws {
        try await appliance.createApplication("matrix")
        try await appliance.definePostgres(for: "matrix")
        try await appliance.must(
            200, "POST", "/orgs/acme/resources/defs",
            [
                "id": "matrix-settings", "name": "Settings", "type": "config", "driver_type": "martlet/echo",
                "driver_inputs": ["values": ["level": "info"]], "criteria": [["app_id": "matrix"]],
            ])
    }

    /// Leaves the appliance as it was.
    static func leave(_ appliance: Appliance) async throws {
        try await appliance.must(204, "DELETE", "/orgs/acme/apps/matrix")
        for id in ["matrix-settings", "postgres-matrix"] {
            try await appliance.must(204, "DELETE", "/orgs/acme/resources/defs/\(id)")
        }
    }

    var problems: [String] { noted.withLock { $0 } }
    func problem(_ text: String) { noted.withLock { $0.append(text) } }

    func expect<Value: Equatable>(_ what: String, _ wanted: Value, _ found: Value) {
        if wanted != found { problem("\(what): \(wanted) expected, \(found) found") }
    }

    var path: String { "\(Self.app)/envs/\(env)" }

    /// Two workloads, one of which the second deployment leaves out; a database; values without an effect.
    private func score(_ workload: String, greeting: String, hasDatabase: Bool) -> JSON {
        let resources = hasDatabase ? "  db: {type: postgres}\n  settings: {type: config}" : "  settings: {type: config}"
        let variables =
            hasDatabase ? "      DB: ${resources.db.name}\n      PASSWORD: ${resources.db.password}\n" : ""
        let text = """
            apiVersion: score.dev/v1b1
            metadata: {name: \(workload)}
            containers:
              main:
                image: \(PrivatePodman.busyboxImage)
                command: [/bin/sh, -c]
                args: ["trap 'exit 0' TERM; echo $GREETING; while :; do sleep 0.1; done"]
                variables:
                  GREETING: \(greeting)
                  LEVEL: ${resources.settings.level}
            \(variables)resources:
            \(resources)
            """
        return ["name": .string("\(workload).yaml"), "score": .string(text)]
    }

    func run(signsIn: Bool) async throws {
        if signsIn { try await signIn() }
        try await create()
        let both: JSON = [score("web", greeting: "hello", hasDatabase: true), score("old", greeting: "hi", hasDatabase: false)]
        if try await deploy("score-deploys", ["files": both]) { try await expectEverything(workloads: 2) }
        try await look()
        let delta = try await delta()
        if try await deploy("deploys", ["delta_id": .string(delta), "comment": "changed"]) {
            try await expectEverything(workloads: 1)
            try await rollOut()
            try await expectEverything(workloads: 1)
        }
        try await delete()
        try await expectNothing()
        try await expectSettled()
    }

    /// Resources alone, without workloads: a database, and values some of which wait for each other.
    func born(values: Int) async throws {
        try await create()
        var shared: [JSON] = [["op": "add", "path": "/db", "value": ["type": "postgres"]]]
        for number in 0..<values {
            var value: JSON = ["type": "config", "class": "default"]
            if number > 0, number < values / 2 {
                value = ["type": "config", "class": "default", "params": ["after": .string("${shared.v\(number - 1).level}")]]
            }
            shared.append(["op": "add", "path": .string("/v\(number)"), "value": value])
        }
        let body: JSON = ["metadata": ["env_id": .string(env), "name": "all"], "modules": [:], "shared": .array(shared)]
        let delta = try await delta(body)
        if try await !deploy("deploys", ["delta_id": .string(delta), "comment": "resources"]) {
            problem("\(env) was not deployed")
        }
    }

    func deleted() async throws { try await delete() }

    func bornAndDeleted(values: Int) async throws {
        try await born(values: values)
        try await deleted()
    }

    // MARK: What clients do

    private func create() async throws {
        let body: JSON = ["id": .string(env), "name": "x", "type": "development"]
        try await untilDone("the environment", "POST", "\(Self.app)/envs", body)
    }

    /// An answer; nil when there was none, or the appliance could not say.
    func ask(_ method: String, _ path: String, _ body: JSON? = nil) async throws -> Appliance.Answer? {
        guard let answer = try? await appliance.call(method, path, body) else { return nil }
        if answer.status == 400 || answer.status == 422 {
            problem("\(method) \(path): \(answer.status) \(answer.body.canonical)")
        }
        return answer.status < 500 ? answer : nil
    }

    /// Asks until it is done, whatever answers get lost: what is there already is a conflict.
    func untilDone(_ what: String, _ method: String, _ path: String, _ body: JSON?) async throws {
        try await eventually(within: .seconds(60), what) {
            guard let answer = try await ask(method, path, body) else { return false }
            return answer.status < 300 || answer.status == 409
        }
    }

    private func signIn() async throws {
        let body: JSON = ["username": "alice", "password": "alice-demo"]
        let token: String = try await eventually("the sign-in") {
            try await ask("POST", "/auth/login", body)?.body["token"]?.string
        }
        expect("the token's use", 200, try await appliance.call("GET", "/orgs/acme/apps", token: token).status)
    }

    private func deployments() async throws -> [JSON] {
        try await eventually("the deployments of \(env)") {
            let answer = try await ask("GET", path + "/deploys")
            return answer?.status == 200 ? answer?.body.array : nil
        }
    }

    /// Until one succeeds; false when none does. Each of them ends.
    private func deploy(_ route: String, _ body: JSON) async throws -> Bool {
        for _ in 1...Self.tries {
            let before = try await deployments().count
            let id: String = try await eventually("the start of a deployment") {
                if let answer = try await ask("POST", "\(path)/\(route)", body), answer.status < 300 {
                    return answer.body["id"]?.string
                }
                // No answer: was it taken?
                let now = try await deployments()
                return now.count > before ? now.first?["id"]?.string : nil
            }
            let status: String = try await eventually(within: .seconds(60), "the end of deployment \(id)") {
                let status = try await ask("GET", "\(path)/deploys/\(id)")?.body["status"]?.string
                return ["succeeded", "failed"].contains(status) ? status : nil
            }
            expect("deployments", before + 1, try await deployments().count)
            if status == "succeeded" { return true }
            let errors = try await appliance.call("GET", "\(path)/deploys/\(id)/errors").body
            if errors.array?.isEmpty != false { problem("deployment \(id) failed and does not say why") }
            // A process that dies or stands still is nobody's failure.
            if kind == .crash || kind == .stop { problem("deployment \(id) failed: \(errors.canonical)") }
        }
        problem("no deployment succeeds")
        return false
    }

    /// Looks for drift until there is a report: nothing has drifted.
    private func look() async throws {
        for _ in 1...Self.tries {
            let id: String = try await eventually("the start of a look") {
                guard let answer = try await ask("POST", path + "/drift-reports", [:]), answer.status == 202 else { return nil }
                return answer.body["id"]?.string
            }
            // A look that a room was away for is put off by a minute.
            let report: JSON = try await eventually(within: .seconds(100), "the end of the look \(id)") {
                let report = try await ask("GET", "\(path)/drift-reports/\(id)")?.body
                return ["succeeded", "failed"].contains(report?["status"]) ? report : nil
            }
            let totals = report["totals"]
            if report["status"] == "succeeded" {
                for bad in ["drifted", "missing"] where (totals?[bad]?.int ?? 0) != 0 { problem("\(bad): \(report.canonical)") }
                if totals?["failed"]?.int ?? 0 == 0 { return }
            }
        }
        problem("no look succeeds")
    }

    /// The next set: `web` says something else, `old` is gone.
    private func delta() async throws -> String {
        let greeting: JSON = [
            ["op": "replace", "path": "/spec/containers/main/variables/GREETING", "value": "changed"]
        ]
        let body: JSON = [
            "metadata": ["env_id": .string(env), "name": "changed"],
            "modules": ["remove": ["old"], "update": ["web": greeting]],
        ]
        return try await delta(body)
    }

    private func delta(_ body: JSON) async throws -> String {
        try await eventually("the delta") {
            guard let answer = try await ask("POST", Self.app + "/deltas", body), answer.status == 200 else { return nil }
            return answer.body["id"]?.string
        }
    }

    private func delete() async throws {
        var asked = 0
        do {
            try await eventually(within: .seconds(60), "the end of the environment") {
                guard let standing = try await ask("GET", path) else { return false }
                if standing.status == 404 { return true }
                // A deletion that failed says so, and is asked for again.
                guard asked == 0 || standing.body.canonical.contains("Delete it again") else { return false }
                if asked > 0, kind == .crash || kind == .stop {
                    problem("the deletion failed: \(standing.body["status_message"]?.string ?? "")")
                }
                if let answer = try await ask("DELETE", path), answer.status < 300 { asked += 1 }
                return false
            }
        } catch {
            problem("the environment is not gone: \((try? await appliance.call("GET", path).body.canonical) ?? "no answer")")
        }
    }
}
