import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport
import Testing

/// A configuration from Git by ssh: a real server, a deploy key, a pinned host.
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(if: TerraformResource.isAvailable && SSHServingSandbox.isAvailable, "needs root, bubblewrap, terraform and sshd"))
struct GitOverSSHTests {
    private static var settings: TerraformSettings {
        var settings = TerraformSettings()
        settings.mayReachOutside = true
        return settings
    }

    private func request(key: String, knownHosts: String) -> DriverRequest {
        DriverBench.request(
            values: ["source": ["url": .string(SSHServingSandbox.url), "rev": "main", "known_hosts": .string(knownHosts)]],
            secrets: ["source": ["ssh_key": .string(key)]])
    }

    @Test func aDeployKeyFetchesFromThePinnedHostAndNothingElseDoes() async throws {
        let resource = try await TerraformResource(), bench = DriverBench()
        let sandbox = try await SSHServingSandbox(
            resource.sandbox,
            files: [
                "main.tf":
                    "resource \"terraform_data\" \"a\" { input = \"by-ssh\" }\noutput \"name\" { value = terraform_data.a.output }\n"
            ])
        let driver = WithStates(driver: TerraformDriver(sandbox: sandbox, settings: Self.settings), states: resource.states)
        let key = sandbox.key("deploy")
        func refusal(_ request: DriverRequest) async -> DriverError? {
            do throws(DriverError) { _ = try await driver.provision(request, bench.context) } catch { return error }
            return nil
        }
        let otherHost = await refusal(request(key: key, knownHosts: sandbox.knownHosts("other")))
        #expect(
            otherHost?.code == "DRV-702" && otherHost?.message.contains("Host key verification failed") == true,
            "\(otherHost as Any)")
        let otherKey = await refusal(request(key: sandbox.key("other"), knownHosts: sandbox.knownHosts()))
        #expect(otherKey?.code == "DRV-702" && otherKey?.message.contains("Permission denied") == true, "\(otherKey as Any)")
        #expect(resource.states.state == nil)

        // As people paste it: without its last line end.
        let request = request(key: String(key.dropLast()), knownHosts: sandbox.knownHosts())
        let made = try await driver.provision(request, bench.context)
        #expect(made.values == ["name": "by-ssh"])
        #expect(made.cookie?["source"]?["url"]?.string == SSHServingSandbox.url)
        try await driver.destroy(request, bench.context)
        #expect(resource.states.state == nil)

        // The key is a file of the fetch alone, and in nothing that is printed.
        let body = key.split(separator: "\n")[1]
        #expect(!bench.lines.joined().contains(body))
        for job in sandbox.seen {
            #expect(!job.command.joined().contains(body) && !job.environment.values.contains { $0.contains(body) })
            #expect(job.files.contains { $0.path == "key" } == (job.command.last == "fetch"))
        }
    }
}
