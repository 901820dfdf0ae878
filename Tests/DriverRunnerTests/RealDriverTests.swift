import Drivers
import Glibc
import Outgoing
import PlatformModel
import Postgres
import Sandbox
import ServiceAPI
import Synchronization
import TestSupport
import Testing

@testable import DriverRunner

/// Runners with real drivers over real systems: the runner's rows are lost, and what was made is found by its mark.
@Suite(.timeLimit(.minutes(2)))
struct RealDriverTests {
    private struct Subject: Sendable {
        var drivers: [any Driver]
        var connector: any DriverConnector = NetworkConnector(rules: OutgoingRules())
        var work: ActionWork
        /// Keeps what it needs alive.
        var example: ExampleDriverProcess?
    }

    private final class Slot: Sendable {
        let reply = Mutex<ActionReply?>(nil)
    }

    enum Name: CaseIterable {
        case echo, template, postgres, http, virtual, terraform

        /// Debian has no package of terraform: where it is missing, the run says so and goes on.
        static let allCases: [Name] = [.echo, .template, .postgres, .http, .virtual] + (hasTerraform ? [.terraform] : [])
        private static let hasTerraform: Bool = {
            let isThere = ["/usr/local/bin/terraform", "/usr/bin/terraform"].contains { (path: String) in access(path, X_OK) == 0
            }
            if !isThere { print("no terraform on this machine: runners are not tested with the real program") }
            return isThere && SandboxLauncher.isAvailable
        }()
    }

    private func subject(_ name: Name, _ fixture: RunnerFixture) async throws -> Subject {
        switch name {
        case .echo:
            return Subject(
                drivers: [EchoDriver()], work: .resource(values: ["host": "x"], driver: "martlet/echo", type: "config"))
        case .template:
            let templates: JSON = ["outputs": "name: {{ .id | trunc 8 }}", "secrets": "password: {{ randAlphaNum 24 }}"]
            return Subject(
                drivers: [TemplateDriver()],
                work: .resource(values: ["templates": templates], driver: "martlet/template", type: "config"))
        case .postgres:
            let second = try await SecondPostgres.shared()
            fixture.broker.put("orgs/acme/admin", .string(second.password))
            fixture.broker.grant("g", reads: ["orgs/acme/admin"], prefix: RunnerFixture.prefix)
            return Subject(
                drivers: [PostgresDriver()],
                work: .resource(
                    values: [
                        "host": .string(second.host), "port": .int(Int64(second.port)), "user": .string(second.administrator),
                    ],
                    secrets: ["password": nil], slots: [.whole("/secrets/password", "orgs/acme/admin")],
                    driver: "martlet/postgres"))
        case .http: return try await http(fixture, driver: "acme/files", isVirtual: false)
        case .virtual: return try await http(fixture, driver: "acme/boxes", isVirtual: true)
        case .terraform:
            let launcher = try await SandboxLauncher.shared()
            let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: launcher.jobs)
            fixture.broker.put("orgs/acme/password", "correct-horse")
            fixture.broker.grant("g", reads: ["orgs/acme/password"], prefix: RunnerFixture.prefix)
            let script = """
                variable "password" { sensitive = true }
                resource "terraform_data" "a" { input = sensitive(var.password) }
                output "name" { value = "box" }
                output "url" {
                  value     = "https://x:${terraform_data.a.output}@box/"
                  sensitive = true
                }

                """
            return Subject(
                drivers: [TerraformDriver(sandbox: sandbox)],
                work: .resource(
                    values: ["script": .string(script)], secrets: ["variables": ["password": nil]],
                    slots: [.whole("/secrets/variables/password", "orgs/acme/password")], driver: "humanitec/terraform",
                    type: "config"))
        }
    }

    private func http(_ fixture: RunnerFixture, driver: String, isVirtual: Bool) async throws -> Subject {
        let example = try await ExampleDriverProcess()
        fixture.broker.put("orgs/acme/key", "correct-horse")
        fixture.broker.grant("g", reads: ["orgs/acme/key"], prefix: RunnerFixture.prefix)
        var rules = OutgoingRules()
        _ = rules.add("127.0.0.1")
        var chain = [ResourceDriver(orgID: "acme", id: "files", type: "config", target: example.url)]
        if isVirtual {
            let template = "values: {name: {{ .driver.values.name }}}\nsecrets: {{ .driver.secrets | toRawJson }}"
            chain.insert(ResourceDriver(orgID: "acme", id: "boxes", target: "driver://acme/files", template: template), at: 0)
        }
        return Subject(
            drivers: [], connector: NetworkConnector(rules: rules),
            work: .resource(
                values: ["name": "box"], secrets: ["key": nil], params: ["size": 3],
                slots: [.whole("/secrets/key", "orgs/acme/key")],
                driver: driver, drivers: chain, type: "config"),
            example: example)
    }

    @Test(arguments: Name.allCases) func whatWasMadeIsFoundAfterTheRowsAreLost(name: Name) async throws {
        try await RunnerFixture.with { fixture in
            let subject = try await subject(name, fixture)
            let first = Slot()
            try await fixture.runner(drivers: subject.drivers, connector: subject.connector) { runner async throws in
                let reply = try await runner.done(subject.work)
                #expect(reply.state == .succeeded, "\(reply)")
                first.reply.withLock { $0 = reply }
            }
            let secrets = fixture.broker.kept
            try await fixture.administrator.execute("TRUNCATE runner.actions, runner.workloads, runner.host_workloads")
            try await fixture.runner(drivers: subject.drivers, connector: subject.connector) { runner async throws in
                let again = try await runner.done(subject.work, fence: 2)
                #expect(again.outputs?.values == first.reply.withLock { $0 }?.outputs?.values)
                #expect(fixture.broker.kept == secrets, "no secret is made anew")
                #expect(try await !fixture.dump().contains("correct-horse"))
                for deployment in ["d2", "d3"] {
                    #expect(
                        try await runner.done(subject.work, verb: .destroy, deployment: deployment, fence: 3).state == .succeeded)
                }
                #expect(fixture.broker.kept.keys.allSatisfy { !$0.hasPrefix(RunnerFixture.prefix) })
            }
            subject.example?.end()
        }
    }

    /// A driver that is not where http drivers may be is not asked, whoever registered it.
    @Test func whereADriverMayNotBe() async throws {
        try await RunnerFixture.with { fixture in
            let subject = try await subject(.http, fixture)
            try await fixture.runner(drivers: []) { runner async throws in
                let reply = try await runner.done(subject.work)
                #expect(reply.state == .failed && reply.failure?.code == "DRV-502" && reply.failure?.retryable == false)
                #expect(reply.failure?.message.contains("drivers.http") == true)
            }
            subject.example?.end()
        }
    }
}
