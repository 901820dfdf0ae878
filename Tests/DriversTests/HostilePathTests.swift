import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport
import Testing

/// T52, what definitions say of files: nothing leads out of an action's own folder, and all that does is told before anything runs.
@Suite(.timeLimit(.minutes(5)))
struct HostilePathTests {
    static let outside = [
        "../x", "a/../../x", "/etc/cron.d/x", "//x", "a//b", "./x", "a/.", "a/", "..", ".", "", "a\0b", "a/../b",
        String(repeating: "x/", count: 2500) + "x",
    ]

    private struct Nothing: Sandbox {
        func run(
            _ job: SandboxJob, output: @escaping @Sendable (SandboxOutput) -> Void
        ) async throws(SandboxError) -> SandboxResult {
            Issue.record("something runs: \(job.command)")
            throw SandboxError("nothing runs here")
        }
    }

    @Test("T52: names of files that exec, container and terraform are given", arguments: outside)
    func files(_ path: String) async throws {
        let nothing = Nothing(), policy = SandboxPolicy(limits: SandboxLimits(wallSeconds: 10, cpuSeconds: 10))
        let files: JSON = .object([path: "text"])
        let asked: [(any Driver, DriverRequest)] = [
            (
                ExecDriver(name: "exec", sandbox: nothing, policy: policy),
                DriverBench.request(values: ["program": "/bin/true", "files": files])
            ),
            (
                ExecDriver(name: "container", sandbox: nothing, policy: policy),
                DriverBench.request(values: ["job": ["command": ["/bin/true"]], "files": files])
            ),
            (
                TerraformDriver(sandbox: nothing),
                DriverBench.request(values: ["script": "output \"a\" { value = 1 }", "files": files])
            ),
        ]
        for (driver, request) in asked {
            let problems = driver.check(request)
            #expect(problems.contains { $0.path.hasPrefix("driver_inputs.values.files") }, "\(driver.name): \(problems)")
            let error = await #expect(throws: DriverError.self) { try await driver.provision(request, DriverBench().context) }
            #expect(error?.kind == .invalidInput)
        }
    }

    @Test("T52: places where credentials and programs are written", arguments: outside.filter { !$0.isEmpty })
    func otherPlaces(_ path: String) {
        let policy = SandboxPolicy(limits: SandboxLimits(wallSeconds: 10, cpuSeconds: 10))
        let credentials: JSON = ["file": .string(path)]
        let secrets: JSON = ["credentials": ["key": "correct-horse"]]
        let exec = ExecDriver(name: "exec", sandbox: Nothing(), policy: policy).check(
            DriverBench.request(values: ["program": "/bin/true", "credentials_config": credentials], secrets: secrets))
        #expect(exec.contains { $0.path.hasPrefix("driver_inputs.values.credentials_config.file") }, "\(exec)")
        let terraform = TerraformDriver(sandbox: Nothing()).check(
            DriverBench.request(
                values: ["script": "output \"a\" { value = 1 }", "credentials_config": credentials], secrets: secrets))
        #expect(terraform.contains { $0.path == "driver_inputs.values.credentials_config.file" }, "\(terraform)")
    }

    /// What the driver API's path is made of.
    @Test(
        "T52: an address of an http driver has no way up",
        arguments: [
            "https://d.test/a/../b/", "https://d.test/%2e%2e/", "https://d.test/a/%2E%2E/b", "https://d.test/a%2f..%2fb/",
            "https://d.test/a%00/", "https://d.test/a\0b/",
            "https://d.test/./", "file:///etc/passwd",
            "https://d.test/a?x=", "https://d.test/a#x", "https://d.test/a\\..\\b", "driver://martlet/../x", "driver:///echo",
            "driver://a/b/c",
        ])
    func addresses(_ text: String) {
        #expect(throws: DriverTargetError.self) { () throws in try DriverTarget(text) }
    }

    /// A link in what was fetched is followed where the code runs, and there is nothing of ours.
    @Test("T52: links out of a Git source lead nowhere", .enabled(if: TerraformResource.isAvailable))
    func linksInASource() async throws {
        var settings = TerraformSettings()
        settings.mayReachOutside = true
        let resource = try await TerraformResource(), bench = DriverBench()
        let sandbox = try await GitServingSandbox(resource.sandbox)
        let driver = WithStates(driver: TerraformDriver(sandbox: sandbox, settings: settings), states: resource.states)
        let canary = try TemporaryFolder("canary")
        try canary.write("hunter2-canary-4711", to: "secret")
        try await sandbox.commit(["main.tf": "output \"text\" { value = try(file(\"${path.module}/link\"), \"nothing\") }\n"])
        try await sandbox.link("link", to: canary.file("secret"))
        let request = DriverBench.request(
            values: ["source": ["url": .string(GitServingSandbox.url), "rev": "main", "username": "martlet"]],
            secrets: ["source": ["password": .string(GitServingSandbox.password)]])
        let made = try await driver.provision(request, bench.context)
        #expect(made.values == ["text": "nothing"])
        // A folder of the source that is a link out of it.
        try await sandbox.link("stacks", to: canary.path)
        var through = request
        through.values["source"]?["path"] = "stacks"
        let error = await #expect(throws: DriverError.self) { try await driver.provision(through, bench.context) }
        #expect(error?.kind == .invalidInput || error?.kind == .failed, "\(String(describing: error))")
        #expect(!bench.lines.joined().contains("hunter2") && error?.message.contains("hunter2") == false)
    }
}
