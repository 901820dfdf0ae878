import Drivers
import Glibc
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport
import Testing

/// OpenTofu has no package in Debian, and its command line is Terraform's. A program of that command line and of that name, which knows
/// one resource, stands for it: what the driver asks of it and reads from it is shown, not what OpenTofu makes of a configuration.
@Suite(.timeLimit(.minutes(5)), .enabled(if: SandboxLauncher.isAvailable, "needs root and bubblewrap"))
struct OpenTofuTests {
    private struct Bench {
        let folder: TemporaryFolder
        let states = MemoryStates(leaseSeconds: 15)
        let driver: any Driver
        let shelf = DriverBench()

        init() async throws {
            let launcher = try await SandboxLauncher.shared()
            folder = try launcher.makeFolder()
            let program = try folder.write(OpenTofuTests.program, to: "tofu")
            chmod(program, 0o755)
            var settings = TerraformSettings()
            settings.program = program
            settings.wallSeconds = 120
            driver = WithStates(
                driver: TerraformDriver(
                    sandbox: LaunchedSandbox(socket: launcher.socket, jobs: launcher.jobs), settings: settings), states: states)
        }

        func request(_ script: String = "# nothing\n", files: JSON = [:]) -> DriverRequest {
            DriverBench.request(values: ["script": .string(script), "files": files, "variables": ["name": "blue"]])
        }
    }

    @Test func aLifeByTofu() async throws {
        let bench = try await Bench(), context = bench.shelf.context
        let request = bench.request()
        #expect(
            try await bench.driver.effects(of: .provision, request, bench.shelf.looking)
                == PlannedEffects([.init("fake_thing.it", .create)]))
        let made = try await bench.driver.provision(request, context)
        #expect(made.values == ["name": "blue"] && made.secrets == ["key": "hidden-horse"])
        #expect(made.cookie?.canonical.contains("chosen by tofu") == true, "its lock file is kept")
        #expect(!bench.states.isLocked)
        guard case .present(let found) = try await bench.driver.find(request, context) else {
            Issue.record("it is not found")
            return
        }
        #expect(found.values == made.values && found.secrets == made.secrets)
        #expect(
            try await bench.driver.effects(of: .destroy, request, bench.shelf.looking)
                == PlannedEffects([.init("fake_thing.it", .delete)]))
        try await bench.driver.destroy(request, context)
        #expect(bench.states.state == nil)
    }

    /// Providers were chosen before it failed: the next attempt takes the same.
    @Test func aFirstApplyThatFailsKeepsItsLockFile() async throws {
        let bench = try await Bench(), failing = bench.request("# fail\n")
        await #expect(throws: DriverError.self) { try await bench.driver.provision(failing, bench.shelf.context) }
        let kept = try #require(bench.shelf.keptCookies.first)
        #expect(bench.shelf.keptCookies.count == 1 && kept.canonical.contains("chosen by tofu"))
        // A later one that fails has another on record already, of what stands.
        var again = failing
        again.cookie = kept
        await #expect(throws: DriverError.self) { try await bench.driver.provision(again, bench.shelf.context) }
        #expect(bench.shelf.keptCookies.count == 1)
        #expect(bench.shelf.lines.contains { $0.contains("kept lock") }, "\(bench.shelf.lines)")
    }

    /// OpenTofu reads `x.tofu` instead of `x.tf`: nothing may stand in the place of what the driver gives it.
    @Test func nothingTakesThePlaceOfWhatTheDriverGives() async throws {
        let bench = try await Bench()
        let shadows = ["zz_martlet_override.tofu.json": "{}", "main.tofu": ""] as JSON
        #expect(
            bench.driver.check(bench.request(files: shadows)).map(\.path) == [
                "driver_inputs.values.files.zz_martlet_override.tofu.json", "driver_inputs.values.files.main.tofu",
            ])
        for file in ["override.tofu", "override.tofu.json", "my_override.tofu.json"] {
            let request = bench.request(files: .object([file: #"{"terraform": {"backend": {"local": {}}}}"#]))
            do {
                _ = try await bench.driver.provision(request, bench.shelf.context)
                Issue.record("\(file) was taken")
            } catch {
                #expect(error.code == "DRV-705" && error.message.contains(file), "\(error)")
            }
        }
    }

    /// `init`, `plan`, `apply`, `destroy` and `output` as the driver calls them, and the HTTP state backend as both programs speak it.
    private static let program = #"""
        #!/bin/bash
        set -eu
        command=$1; shift
        state() { curl -sSf -u "$TF_HTTP_USERNAME:$TF_HTTP_PASSWORD" "$@"; }
        change() { printf '{"@level":"info","@message":"change","type":"planned_change","change":{"resource":{"addr":"fake_thing.it"},"action":"%s"}}\n' "$1"; }
        json() { case " $* " in *" -json "*) ;; *) echo "not for machines: $*"; exit 64 ;; esac; }
        save() {
            state -X LOCK -d '{"ID":"fake-lock","Operation":"OperationTypeApply"}' "$TF_HTTP_LOCK_ADDRESS" > /dev/null
            state -X POST -H 'Content-Type: application/json' -d "$1" "$TF_HTTP_ADDRESS?ID=fake-lock"
            state -X UNLOCK -d '{"ID":"fake-lock"}' "$TF_HTTP_UNLOCK_ADDRESS" > /dev/null
        }
        case $command in
        init)
            grep -q '"http"' zz_martlet_override.tf.json
            if [ -f .terraform.lock.hcl ]; then echo '- Using kept lock'; fi
            echo '# chosen by tofu' > .terraform.lock.hcl
            ;;
        plan)
            json "$@"
            case " $* " in *" -destroy "*) change delete ;; *) change create ;; esac
            ;;
        apply)
            json "$@"
            if grep -q fail main.tf; then
                echo '{"@level":"error","@message":"Error","type":"diagnostic","diagnostic":{"severity":"error","summary":"it fails"}}'
                exit 1
            fi
            name=$(python3 -c 'import json,sys; print(json.load(open(sys.argv[1]))["name"])' "${@: -1}" 2> /dev/null \
                || python3 -c 'import json,sys; print(json.load(open(sys.argv[1].split("=", 1)[1]))["name"])' "${@: -1}")
            save '{"version":4,"serial":1,"lineage":"l","outputs":{"name":{"value":"'"$name"'","type":"string"},"key":{"value":"hidden-horse","type":"string","sensitive":true}},"resources":[{"mode":"managed","type":"fake_thing","name":"it","instances":[{}]}]}'
            ;;
        destroy) json "$@"; save '{"version":4,"serial":2,"lineage":"l","outputs":{},"resources":[]}' ;;
        output)
            json "$@"
            state "$TF_HTTP_ADDRESS" | python3 -c 'import json,sys; print(json.dumps(json.load(sys.stdin)["outputs"]))'
            ;;
        *) echo "unknown: $command"; exit 64 ;;
        esac
        """#
}
