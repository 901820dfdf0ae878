import DeployTargets
import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport

/// The exec driver on the real launcher.
enum ExecFixture {
    static let policy = SandboxPolicy(limits: SandboxLimits(wallSeconds: 120, cpuSeconds: 60))

    static func driver(_ name: String = "exec", policy: SandboxPolicy = policy, images: (any ImageShelf)? = nil) async throws
        -> ExecDriver
    {
        let launcher = try await SandboxLauncher.shared()
        return ExecDriver(
            name: name, sandbox: LaunchedSandbox(socket: launcher.socket, jobs: 4), policy: policy, images: images)
    }

    /// Runs a shell script.
    static func request(
        _ script: String, _ more: [String: JSON] = [:], secrets: JSON = [:], cookie: JSON? = nil
    ) -> DriverRequest {
        var values: [String: JSON] = ["program": "./run", "files": ["run": .string("#!/bin/sh\nset -eu\n" + script)]]
        values.merge(more) { _, new in new }
        return DriverBench.request(params: ["size": 3], values: .object(values), secrets: secrets, cookie: cookie)
    }

    /// A program that computes: it leaves no mark, since nothing stands outside.
    static let program = """
        #!/usr/bin/env python3
        import json, os
        with open(os.environ["INPUTS_FILE"]) as file: inputs = json.load(file)
        if os.environ["ACTION"] == "create":
            with open(os.environ["OUTPUTS_FILE"], "w") as file:
                json.dump({"name": "box-" + inputs["id"][:6], "size": inputs["params"]["size"]}, file)
            with open(os.environ["SECRET_OUTPUTS_FILE"], "w") as file: json.dump({"token": "made-" + os.environ["TOKEN"]}, file)
            with open(os.environ["STATE_FILE"], "w") as file: file.write("size " + str(inputs["params"]["size"]))
        """

    static func fixture() async throws -> DriverFixture {
        func request(_ size: Int64) -> DriverRequest {
            DriverBench.request(
                params: ["size": .int(size)], values: ["program": "./box.py", "files": ["box.py": .string(program)]],
                secrets: ["variables": ["TOKEN": "correct-horse"]])
        }
        let wrong = DriverBench.request(
            values: [
                "porgram": "./box.py", "files": ["../x": "y", "a": 7], "network": "outsied", "args": [["x"]],
                "timeout_seconds": 100_000,
            ], secrets: ["variables": ["ACTION": "correct-horse"]])
        return DriverFixture(
            make: { try await driver() }, request: request(3), changed: request(4), wrong: wrong,
            problems: [
                "DRV-601 driver_inputs.values.porgram", "DRV-601 driver_inputs.values.files.../x",
                "DRV-601 driver_inputs.values.files.a", "DRV-601 driver_inputs.values.network",
                "DRV-601 driver_inputs.values.args[0]", "DRV-601 driver_inputs.values.timeout_seconds",
                "DRV-601 driver_inputs.secret_refs.variables.ACTION",
            ], mark: .nowhere)
    }
}
