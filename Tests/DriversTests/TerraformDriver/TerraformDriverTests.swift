import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import Synchronization
import TestSupport
import Testing

/// The real `terraform` in the real sandbox.
@Suite(.timeLimit(.minutes(10)), .enabled(if: TerraformResource.isAvailable, "needs root, bubblewrap and terraform"))
struct TerraformDriverTests {
    private let bench = DriverBench()

    private func failure(_ body: () async throws -> Void) async -> DriverError? {
        do {
            try await body()
            return nil
        } catch {
            return error as? DriverError
        }
    }

    @Test func secretsAreInNothingThatIsShown() async throws {
        let resource = try await TerraformResource()
        let script =
            TerraformResource.box + """
                resource "terraform_data" "loud" {
                  provisioner "local-exec" { command = "env; cat /proc/*/cmdline | tr '\\\\0' ' '; ls -la /job/work" }
                }

                """
        let made = try await resource.driver().provision(resource.request(script), bench.context)
        #expect(made.values == ["name": "box-3", "size": 3])
        #expect(made.secrets == ["url": "https://x:correct-horse@box-3/"])
        let shown = bench.lines.joined(separator: "\n")
        #expect(shown.contains("MARTLET_PROGRAM=terraform"), "the loud one was heard")
        #expect(!shown.contains("correct-horse"))
        #expect(!shown.contains("MARTLET_PASSWORD"))
        #expect(shown.contains("TF_HTTP_PASSWORD=******") && shown.contains("MARTLET_BASIC=******"))
        try await resource.driver().destroy(resource.request(script), bench.context)
        #expect(resource.states.state == nil && !resource.states.isLocked)
    }

    @Test func whatCannotBeChangedIsReplacedAndThePlanSaysSo() async throws {
        let resource = try await TerraformResource()
        let driver = resource.driver()
        _ = try await driver.provision(resource.request(), bench.context)
        #expect(try await driver.plan(resource.request(), bench.context) == .none)
        guard case .update(let changes) = try await driver.plan(resource.request(size: 5), bench.context) else {
            Issue.record("no update")
            return
        }
        #expect(changes.map(\.path) == ["terraform_data.box"])
        let other = resource.request(secrets: ["variables": ["password": "another-horse"]])
        guard case .replace(let changes) = try await driver.plan(other, bench.context) else {
            Issue.record("no replacement")
            return
        }
        #expect(changes.map(\.path) == ["terraform_data.key"])
        #expect(!resource.states.isLocked)
        let again = try await driver.provision(other, bench.context)
        #expect(again.secrets == ["url": "https://x:another-horse@box-3/"])
    }

    @Test func whatWasMadeBeforeAFailureIsTracked() async throws {
        let resource = try await TerraformResource()
        let driver = resource.driver()
        let script =
            TerraformResource.box + """
                resource "terraform_data" "broken" {
                  depends_on = [terraform_data.box]
                  provisioner "local-exec" { command = "echo it breaks >&2; exit 7" }
                }

                """
        let error = await failure { _ = try await driver.provision(resource.request(script), bench.context) }
        #expect(error?.code == "DRV-705" && error?.kind == .failed)
        #expect(
            error?.message.contains("main.tf:") == true && error?.message.contains("exit status 7") == true,
            "\(error?.message ?? "")")
        #expect(resource.states.text.contains("box-3") && !resource.states.isLocked)
        let completed = try await driver.provision(resource.request(), bench.context)
        #expect(completed.values["name"] == "box-3")
        try await driver.destroy(resource.request(), bench.context)
        #expect(resource.states.state == nil)
    }

    @Test func aMistakeIsToldWithItsPlace() async throws {
        let resource = try await TerraformResource()
        let script = "resource \"terraform_data\" \"a\" {\n  inptu = 1\n}\n"
        let error = await failure {
            _ = try await resource.driver().provision(DriverBench.request(values: ["script": .string(script)]), bench.context)
        }
        #expect(error?.code == "DRV-705")
        #expect(
            error?.message.contains("main.tf:2") == true || error?.message.contains("main.tf line 2") == true,
            "\(error?.message ?? "")")
        #expect(resource.states.state == nil)
    }

    @Test(arguments: [
        "terraform {\n  backend \"local\" {}\n}\n", "terraform {\n  backend \"http\" { address = \"http://127.0.0.1:1/\" }\n}\n",
    ])
    func aBackendOfTheDefinitionIsReplaced(backend: String) async throws {
        let resource = try await TerraformResource()
        _ = try await resource.driver().provision(resource.request(backend + TerraformResource.box), bench.context)
        #expect(resource.states.text.contains("box-3"))
    }

    @Test func anOverrideOfTheBackendIsRefused() async throws {
        let resource = try await TerraformResource()
        var request = resource.request()
        request.values["files"] = ["zzz_override.tf": "terraform {\n  backend \"local\" {}\n}\n"]
        let error = await failure { _ = try await resource.driver().provision(request, bench.context) }
        #expect(error?.kind == .invalidInput && error?.message.contains("zzz_override.tf") == true, "\(error?.message ?? "")")
        #expect(resource.states.state == nil)
    }

    @Test func credentialsFilesAndParamsReachTheConfiguration() async throws {
        let resource = try await TerraformResource()
        let script = """
            variable "key" { sensitive = true }
            variable "params" { type = any }
            resource "terraform_data" "a" {
              provisioner "local-exec" { command = "test \\"$CLOUD_SECRET\\" = sesame-sesame && test $(cat sub/cloud.json) = '{\\"a\\":\\"open-sesame\\",\\"b\\":\\"sesame-sesame\\"}'" }
            }
            output "a" { value = nonsensitive(var.key == "open-sesame") }
            output "text" { value = file("${path.module}/t/hello.txt") }
            output "size" { value = var.params.size }
            output "objects" { value = [{ location = "namespace", data = { kind = "ConfigMap" } }] }

            """
        var request = DriverBench.request(
            params: ["size": "large"],
            values: [
                "script": .string(script), "files": ["t/hello.txt": "hello"], "params_variable": "params",
                "manifests_output": "objects", "append_logs_to_error": true,
                "credentials_config": [
                    "variables": ["key": "a"], "environment": ["CLOUD_SECRET": "b"], "file": "sub/cloud.json",
                ],
            ], secrets: ["credentials": ["a": "open-sesame", "b": "sesame-sesame"]])
        let made = try await resource.driver().provision(request, bench.context)
        #expect(made.values == ["a": true, "text": "hello", "size": "large"])
        #expect(made.manifests == [DriverManifest(location: "namespace", data: ["kind": "ConfigMap"])])
        #expect(try await resource.driver().find(request, bench.context) == .present(made))
        request.values["manifests_output"] = "object"
        let error = await failure { _ = try await resource.driver().provision(request, bench.context) }
        #expect(error?.code == "DRV-706" && error?.message.contains("'objects'") == true)
    }

    /// The runner is lost in the act: nothing of the run is left, its lock is not given back, and what was saved is gone on from.
    @Test func theLockOfALostRunIsTakenOver() async throws {
        let resource = try await TerraformResource(leaseSeconds: 3600)
        let lost = try await resource.states.begin()
        try await resource.states.lock(StateLock(id: "lost", info: #"{"ID":"lost","Operation":"OperationTypeApply"}"#), run: lost)
        let waiting = Task { try await resource.driver().provision(resource.request(), bench.context) }
        try await eventually("Terraform asks for the lock") { bench.lines.isEmpty == false || resource.states.isLocked }
        resource.states.expireLock()
        #expect(try await waiting.value.values["name"] == "box-3")
        #expect(await (try? resource.states.write([], lockID: "lost", run: lost)) == nil, "the lost one writes no more")
    }

    /// Cancelled in the act, Terraform ends what it is at and saves its state.
    @Test func aCancelledRunSavesItsState() async throws {
        let resource = try await TerraformResource()
        let script =
            TerraformResource.box + """
                resource "terraform_data" "slow" {
                  depends_on = [terraform_data.box]
                  provisioner "local-exec" { command = "echo it-waits; sleep 10" }
                }
                resource "terraform_data" "never" { depends_on = [terraform_data.slow] }

                """
        let work = Task { try await resource.driver().provision(resource.request(script), bench.context) }
        try await eventually("the slow one") { bench.lines.contains { $0.contains("it-waits") } }
        work.cancel()
        let error = await failure { _ = try await work.value }
        #expect(error?.code == "DRV-708" && error?.kind == .failed, "\(error?.description ?? "done")")
        #expect(resource.states.text.contains("box-3") && resource.states.text.contains("\"slow\""))
        #expect(!resource.states.text.contains("\"never\"") && !resource.states.isLocked)
    }

    @Test func aLaterRunEndsTheEarlierOne() async throws {
        let resource = try await TerraformResource(leaseSeconds: 0.6)
        let script = """
            resource "terraform_data" "slow" {
              provisioner "local-exec" { command = "echo it-waits; sleep 60" }
            }

            """
        let request = DriverBench.request(values: ["script": .string(script)])
        let work = Task { try await resource.driver().provision(request, bench.context) }
        try await eventually("the slow one") { bench.lines.contains { $0.contains("it-waits") } }
        _ = try await resource.states.begin()
        let error = await failure { _ = try await work.value }
        #expect(error?.code == "DRV-707", "\(error?.description ?? "done")")
    }

    /// The state cannot be reached when Terraform ends: what it leaves behind then is kept once it can be.
    @Test func aStateThatCouldNotBeHandedOverIsUnknown() async throws {
        let resource = try await TerraformResource()
        let script = """
            resource "terraform_data" "slow" {
              provisioner "local-exec" { command = "echo it-waits; sleep 1" }
            }

            """
        let request = DriverBench.request(values: ["script": .string(script)])
        let work = Task { try await resource.driver().provision(request, bench.context) }
        try await eventually("the slow one") { bench.lines.contains { $0.contains("it-waits") } }
        resource.states.losesWrites = true
        let error = await failure { _ = try await work.value }
        #expect(error?.code == "DRV-705" || error?.code == "DRV-707", "\(error?.description ?? "done")")
        #expect(resource.states.text.contains("\"slow\""), "what was left is kept")
    }

    @Test func whatTakesTooLongIsEndedAndItsOutcomeIsUnknown() async throws {
        var resource = try await TerraformResource()
        resource.settings.wallSeconds = 4
        let script = "resource \"terraform_data\" \"a\" {\n  provisioner \"local-exec\" { command = \"sleep 600\" }\n}\n"
        let request = DriverBench.request(values: ["script": .string(script)])
        let error = await failure { [resource] in _ = try await resource.driver().provision(request, bench.context) }
        #expect(error?.code == "DRV-709" && error?.kind == .unknown, "\(error?.description ?? "done")")
        #expect(!resource.states.isLocked)
    }

    @Test func whatNeedsAProviderThatIsNotThereSaysSo() async throws {
        let resource = try await TerraformResource()
        let script = "resource \"null_resource\" \"a\" {}\n"
        let error = await failure {
            _ = try await resource.driver().provision(DriverBench.request(values: ["script": .string(script)]), bench.context)
        }
        #expect(
            error?.message.contains("init failed") == true && error?.message.contains("network: true") == true,
            "\(error?.message ?? "")")
    }
}
