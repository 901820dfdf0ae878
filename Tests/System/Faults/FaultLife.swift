import Glibc
import PlatformModel
import Postgres
import Synchronization
import TestSupport
import Testing

/// The life of one environment under a fault: made, deployed, changed in every way there is, deleted, by a client that never gives up;
/// looked at after each of these. What is wrong is noted, not thrown.
final class FaultLife: Sendable {
    static let app = "/orgs/acme/apps/matrix"
    /// Deployments or deletions of one kind that may fail: one for each verb and occurrence, and then some.
    static let tries = 24

    let env: String
    let kind: FaultKind
    let appliance: Appliance
    let tenant: PostgresConnection
    let database: PostgresConnection
    private let noted = Mutex<[String]>([])
    /// What stands that is not of this environment.
    let baseline: [Int], grants: Int
    /// Whether a resource of Terraform's is part of it: each of its commands takes a second.
    let hasBox: Bool

    init(
        _ env: String, _ kind: FaultKind, _ appliance: Appliance, tenant: PostgresConnection, database: PostgresConnection,
        hasBox: Bool = false
    ) async throws {
        self.hasBox = hasBox
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
        guard Self.hasTerraform else { return }
        let script = """
            resource "terraform_data" "box" { input = "box" }
            output "name" { value = terraform_data.box.output }

            """
        try await appliance.must(
            200, "POST", "/orgs/acme/resources/defs",
            [
                "id": "matrix-box", "name": "Box", "type": "config", "driver_type": "martlet/terraform",
                "driver_inputs": ["values": ["script": .string(script)]], "criteria": [["app_id": "matrix", "class": "box"]],
            ])
    }

    /// Debian has no package of it.
    static var hasTerraform: Bool {
        SandboxLauncher.isAvailable
            && ["/usr/local/bin/terraform", "/usr/bin/terraform"].contains { (path: String) in access(path, X_OK) == 0 }
    }

    /// Leaves the appliance as it was.
    static func leave(_ appliance: Appliance) async throws {
        try await appliance.must(204, "DELETE", "/orgs/acme/apps/matrix")
        for id in ["matrix-settings", "postgres-matrix"] + (hasTerraform ? ["matrix-box"] : []) {
            try await appliance.must(204, "DELETE", "/orgs/acme/resources/defs/\(id)")
        }
    }

    var problems: [String] { noted.withLock { $0 } }
    func problem(_ text: String) { noted.withLock { $0.append(text) } }

    func expect<Value: Equatable>(_ what: String, _ wanted: Value, _ found: Value) {
        if wanted != found { problem("\(what): \(wanted) expected, \(found) found") }
    }

    /// A process that dies or stands still is nobody's failure.
    var mustNotFail: Bool { kind == .crash || kind == .stop }

    var path: String { "\(Self.app)/envs/\(env)" }

    /// Two workloads, one of which a later deployment leaves out, with a database each; values without an effect, and a resource of
    /// Terraform's.
    private func score(_ workload: String, greeting: String, hasSettings: Bool) -> JSON {
        let hasBox = hasBox && hasSettings
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
                  DB: ${resources.db.name}
                  PASSWORD: ${resources.db.password}
            \(hasSettings ? "      LEVEL: ${resources.settings.level}" : "")
            \(hasBox ? "      BOX: ${resources.box.name}" : "")
            resources:
              db: {type: postgres}
            \(hasSettings ? "  settings: {type: config}" : "")
            \(hasBox ? "  box: {type: config, class: box}" : "")
            """
        return ["name": .string("\(workload).yaml"), "score": .string(text)]
    }

    /// - Parameter ended: Called when a phase has ended, with nil for the deployment at the beginning and for the deletion.
    func run(signsIn: Bool, phases: Set<FaultPhase>, ended: (FaultPhase?) -> Void = { _ in }) async throws {
        if signsIn { try await signIn() }
        try await create()
        let both: JSON = [
            score("web", greeting: "hello", hasSettings: true), score("old", greeting: "hi", hasSettings: false),
        ]
        if try await deploy("score-deploys", ["files": both]) { try await expectEverything(workloads: 2, databases: 2) }
        ended(nil)
        var workloads = 2, databases = 2
        for phase in FaultPhase.allCases where phases.contains(phase) {
            switch phase {
            case .look: try await look()
            case .change:
                let delta = try await delta(greeting: "changed", removing: ["old"])
                if try await deploy("deploys", ["delta_id": .string(delta), "comment": "changed"]) { workloads = 1 }
            case .rollOut: try await rollOut()
            case .repair: try await repair()
            case .cancel: try await cancelAndRetry()
            case .collect: if try await collect("postgres.default#modules.old.externals.db") { databases = 1 }
            }
            if phase != .look { try await expectEverything(workloads: workloads, databases: databases) }
            ended(phase)
        }
        try await delete()
        try await expectNothing()
        try await expectSettled()
        ended(nil)
    }

    /// Resources alone, without workloads: a database, and values some of which wait for each other.
    func born(values: Int) async throws {
        try await create()
        try await deployResources(values)
    }

    func deployResources(_ values: Int) async throws {
        if try await !deploy("deploys", ["delta_id": .string(try await resources(values)), "comment": "resources"]) {
            problem("\(env) was not deployed")
        }
    }

    /// A delta with a database, and values of which the first half are a chain.
    func resources(_ values: Int) async throws -> String {
        var shared: [JSON] = [["op": "add", "path": "/db", "value": ["type": "postgres"]]]
        for number in 0..<values {
            var value: JSON = ["type": "config", "class": "default"]
            if number > 0, number < values / 2 {
                value = ["type": "config", "class": "default", "params": ["after": .string("${shared.v\(number - 1).level}")]]
            }
            shared.append(["op": "add", "path": .string("/v\(number)"), "value": value])
        }
        return try await delta(["metadata": ["env_id": .string(env), "name": "all"], "modules": [:], "shared": .array(shared)])
    }

    func deleted() async throws { try await delete() }

    func bornAndDeleted(values: Int) async throws {
        try await born(values: values)
        try await deleted()
    }
}
