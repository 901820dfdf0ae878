import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport
import Testing

/// Configurations from Git, fetched by the real `git` in the real sandbox.
@Suite(.timeLimit(.minutes(10)), .enabled(if: TerraformResource.isAvailable, "needs root, bubblewrap and terraform"))
struct GitSourceTests {
    private static let main = """
        module "name" { source = "../names" }
        resource "terraform_data" "a" { input = module.name.name }
        output "name" { value = terraform_data.a.output }

        """

    /// The operator has turned the network on.
    private static var settings: TerraformSettings {
        var settings = TerraformSettings()
        settings.mayReachOutside = true
        return settings
    }

    @Test func withoutTheOperatorsWordNothingIsFetched() {
        var request = Self.request()
        request.values["network"] = true
        #expect(
            TerraformDriver(sandbox: NoSandbox()).check(request).map(\.path) == [
                "driver_inputs.values.source", "driver_inputs.values.network",
            ])
    }

    private static func names(_ text: String) -> [String: String] {
        ["stacks/main.tf": main, "names/main.tf": "output \"name\" { value = \"\(text)\" }\n"]
    }

    private static func request(
        _ revision: String = "main", path: String = "stacks", password: String = GitServingSandbox.password
    ) -> DriverRequest {
        DriverBench.request(
            values: [
                "source": [
                    "url": .string(GitServingSandbox.url), "rev": .string(revision), "path": .string(path), "username": "martlet",
                ]
            ], secrets: ["source": ["password": .string(password)]])
    }

    @Test func aSourceIsFetchedAndDestroyedByTheCodeThatMadeIt() async throws {
        let resource = try await TerraformResource(), bench = DriverBench()
        let sandbox = try await GitServingSandbox(resource.sandbox)
        let driver = WithStates(driver: TerraformDriver(sandbox: sandbox, settings: Self.settings), states: resource.states)
        try await sandbox.commit(Self.names("first"), tag: "v1")
        var request = Self.request()
        let made = try await driver.provision(request, bench.context)
        #expect(made.values == ["name": "first"])
        let commit = try #require(made.cookie?["source"]?["commit"]?.string)
        #expect(commit.utf8.count == 40)
        #expect(bench.lines.contains { $0.contains(commit) }, "what ran is on record")

        try await sandbox.commit(Self.names("second"))
        request.cookie = made.cookie
        #expect(try await driver.provision(Self.request("v1"), bench.context).values == ["name": "first"])
        guard case .update(let changes) = try await driver.plan(request, bench.context) else {
            Issue.record("the branch has moved, and the plan does not say so")
            return
        }
        #expect(changes.map(\.path) == ["terraform_data.a"])
        try await driver.destroy(request, bench.context)
        #expect(bench.lines.contains { $0.hasPrefix("fetching") && $0.contains(commit) })
        #expect(resource.states.state == nil)

        // The password is in no command, in nothing that is printed, and not where the code runs.
        #expect(!bench.lines.contains { $0.contains(GitServingSandbox.password) })
        for job in sandbox.seen {
            #expect(!job.command.joined().contains(GitServingSandbox.password))
            let isFetch = job.command.last == "fetch"
            #expect(job.environment.values.contains(GitServingSandbox.password) == isFetch)
            #expect(job.network == (isFetch ? .outside : .none))
        }
    }

    @Test(arguments: [
        ("main", "stacks", "wrong-password", "DRV-702"), ("nowhere", "stacks", GitServingSandbox.password, "DRV-702"),
        ("main", "stakcs", GitServingSandbox.password, "DRV-705"),
    ])
    func whatCannotBeFetchedIsTold(revision: String, path: String, password: String, code: String) async throws {
        let resource = try await TerraformResource(), bench = DriverBench()
        let sandbox = try await GitServingSandbox(resource.sandbox)
        let driver = WithStates(driver: TerraformDriver(sandbox: sandbox, settings: Self.settings), states: resource.states)
        try await sandbox.commit(Self.names("first"))
        do {
            _ = try await driver.provision(Self.request(revision, path: path, password: password), bench.context)
            Issue.record("it was fetched")
        } catch {
            #expect(error.code == code, "\(error)")
            #expect(!error.message.contains(password) && !bench.lines.joined().contains(password))
        }
        #expect(resource.states.state == nil)
    }

    @Test(arguments: [
        ("file:///etc", "https or ssh"), ("http://git.test/x", "https or ssh"), ("ext::sh -c id", "needed"),
        ("https://user:secret@git.test/x", "a password does not stand in an address"), ("--upload-pack=id", "needed"),
        ("ssh://-oProxyCommand=id/x", "needed"), ("-oProxyCommand=id@host:x", "needed"), ("/etc", "needed"), ("", "needed"),
        ("https://", "needed"), ("git://git.test/x", "https or ssh"),
    ])
    func addressesThatAreNone(url: String, words: String) {
        let request = DriverBench.request(values: ["source": ["url": .string(url)]])
        let problems = TerraformDriver(sandbox: NoSandbox(), settings: Self.settings).check(request)
        let told = problems.filter { $0.path == "driver_inputs.values.source.url" }.map(\.message).joined()
        #expect(told.contains(words) || (url.isEmpty && !problems.isEmpty), "\(problems)")
    }

    @Test(arguments: ["-x", "a..b:c", "a b", "HEAD~1", "x^{tree}"])
    func revisionsThatAreNone(revision: String) {
        let request = DriverBench.request(values: ["source": ["url": "https://git.test/x", "rev": .string(revision)]])
        #expect(
            TerraformDriver(sandbox: NoSandbox(), settings: Self.settings).check(request).map(\.path) == [
                "driver_inputs.values.source.rev"
            ])
    }

    @Test func sshNeedsAKeyAndTheHostsOwn() {
        let request = DriverBench.request(values: ["source": ["url": "git@git.test:a/b.git", "path": "../up"]])
        #expect(
            Set(TerraformDriver(sandbox: NoSandbox(), settings: Self.settings).check(request).map(\.path)) == [
                "driver_inputs.values.source.path", "driver_inputs.secret_refs.source.ssh_key",
                "driver_inputs.values.source.known_hosts",
            ])
    }
}

/// For what is told before anything runs.
private struct NoSandbox: Sandbox {
    func run(
        _ job: SandboxJob, output: @escaping @Sendable (SandboxOutput) -> Void
    ) async throws(SandboxError) -> SandboxResult {
        throw SandboxError("nothing runs here")
    }
}
