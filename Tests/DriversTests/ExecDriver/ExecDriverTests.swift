import Drivers
import PlatformModel
import PureDrivers
import Sandbox
import TestSupport
import Testing

/// Programs in the real sandbox.
@Suite(.enabled(if: SandboxLauncher.isAvailable), .timeLimit(.minutes(5)))
struct ExecDriverTests {
    private let bench = DriverBench()

    private func failure(_ request: DriverRequest, policy: SandboxPolicy = ExecFixture.policy) async throws -> DriverError? {
        let driver = try await ExecFixture.driver(policy: policy)
        return await #expect(throws: DriverError.self) { try await driver.provision(request, bench.context) }
    }

    @Test func theContractOfFilesHolds() async throws {
        let script = """
            [ "$ACTION" = create ] && [ "$SCRIPTS_DIRECTORY" = "$PWD" ] && [ "$MARTLET_KEY" = d1/n1/provision/1 ]
            printf '{"greeting": "%s %s", "id": "%s"}' "$1" "$GREETING" "$MARTLET_RESOURCE_ID" > "$OUTPUTS_FILE"
            printf '{"deep": {"password": "%s"}}' "$PASSWORD" > "$SECRET_OUTPUTS_FILE"
            printf '[{"location": "namespace", "data": {"kind": "ConfigMap"}}]' > "$MANIFESTS_FILE"
            echo "working on it"
            cat sub/note
            """
        let request = ExecFixture.request(
            script,
            [
                "args": ["good day"], "variables": ["GREETING": "to you", "NUMBER": 3],
                "files": ["run": .string("#!/bin/sh\nset -eu\n" + script), "sub/note": ["content": "a note\n"]],
            ], secrets: ["variables": ["PASSWORD": "correct-horse"]])
        let result = try await ExecFixture.driver().provision(request, bench.context)
        #expect(result.values == ["greeting": "good day to you", "id": .string(request.guResID)])
        #expect(result.secrets == ["deep": ["password": "correct-horse"]])
        #expect(result.manifests == [DriverManifest(location: "namespace", data: ["kind": "ConfigMap"])])
        #expect(bench.lines == ["the program './run': create", "working on it", "a note"])
    }

    @Test func stateGoesFromOneCallToTheNext() async throws {
        let driver = try await ExecFixture.driver()
        let script =
            #"n=$(cat "$STATE_FILE" 2>/dev/null || echo 0); printf $((n + 1)) > "$STATE_FILE"; printf '{"n": %d}' $n > "$OUTPUTS_FILE""#
        var request = ExecFixture.request(script)
        for number in 0..<3 {
            let result = try await driver.provision(request, bench.context)
            #expect(result.values == ["n": .int(Int64(number))])
            request.cookie = result.cookie
        }
    }

    /// What a program had done before it failed must be known to the one that cleans up.
    @Test func stateOfAFailedProgramIsKept() async throws {
        let error = try await failure(
            ExecFixture.request(#"printf half > "$STATE_FILE"; echo "no more room" > "$ERROR_FILE"; exit 4"#))
        #expect(error?.code == "DRV-603" && error?.kind == .failed)
        #expect(error?.message.contains("failed with exit code 4: no more room") == true, "\(error?.message ?? "")")
        #expect(bench.keptCookies == [["state": "half"]])
    }

    @Test func whoDeclaresFindIsAsked() async throws {
        let driver = try await ExecFixture.driver()
        let script = #"[ "$ACTION" != find ] || [ ! -s "$STATE_FILE" ] || printf '{"found": true}' > "$OUTPUTS_FILE""#
        var request = ExecFixture.request(script)
        #expect(!driver.canFind(request))
        #expect(try await driver.find(request, bench.context) == .cannotTell)
        request = ExecFixture.request(script, ["find": true])
        #expect(driver.canFind(request))
        #expect(try await driver.find(request, bench.context) == .absent)
        request.cookie = ["state": "there"]
        #expect(
            try await driver.find(request, bench.context)
                == .present(DriverResult(values: ["found": true], cookie: request.cookie)))
    }

    @Test(arguments: [
        (#"printf '{"a": ' > "$OUTPUTS_FILE""#, "OUTPUTS_FILE", "no JSON"),
        (#"printf '[1]' > "$OUTPUTS_FILE""#, "OUTPUTS_FILE", "an object is needed, not array"),
        (#"printf '"x"' > "$SECRET_OUTPUTS_FILE""#, "SECRET_OUTPUTS_FILE", "an object is needed, not string"),
        (#"printf '[{"location": "moon", "data": {}}]' > "$MANIFESTS_FILE""#, "MANIFESTS_FILE", "manifests[0].location"),
        (#"ln -s /etc/passwd "$OUTPUTS_FILE""#, "OUTPUTS_FILE", "symbolic link"),
        (#"mkfifo "$OUTPUTS_FILE""#, "OUTPUTS_FILE", "not a plain file"),
        (#"rm -rf .martlet; ln -s /etc .martlet"#, "a folder on the way", "link"),
        (#"head -c 2000000 /dev/zero > "$OUTPUTS_FILE""#, "OUTPUTS_FILE", "2000000 bytes"),
        (#"head -c 40000 /dev/zero > "$STATE_FILE""#, "STATE_FILE", "32768 bytes"),
    ])
    func whatCannotBeUsedIsTold(script: String, place: String, words: String) async throws {
        let error = try await failure(ExecFixture.request(script))
        #expect(error?.code == "DRV-605" && error?.kind == .failed)
        #expect(error?.message.contains(place) == true && error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    /// Templates, placeholders and shell in what a program says stay what they are.
    @Test func outputsAreNeverEvaluated() async throws {
        let text = #"${resources.db.password} {{ .driver.secrets }} $(id) `id`"#
        let result = try await ExecFixture.driver().provision(
            ExecFixture.request(
                #"cat text > "$OUTPUTS_FILE""#,
                [
                    "files": [
                        "run": "#!/bin/sh\ncat text > \"$OUTPUTS_FILE\"",
                        "text": .string(JSON.object(["a": .string(text)]).canonical),
                    ]
                ]), bench.context)
        #expect(result.values == ["a": .string(text)])
    }

    @Test func ofAKilledProgramTheOutcomeIsUnknown() async throws {
        var policy = ExecFixture.policy
        policy.limits.wallSeconds = 1
        let error = try await failure(ExecFixture.request("sleep 100"), policy: policy)
        #expect(error?.code == "DRV-604" && error?.kind == .unknown, "\(error?.message ?? "")")
        let asked = try await failure(ExecFixture.request("sleep 100", ["find": true]), policy: policy)
        #expect(asked?.code == "DRV-604" && asked?.kind == .failed)
        let shorter = try await failure(ExecFixture.request("sleep 100", ["timeout_seconds": 1]))
        #expect(shorter?.message.contains("after 1 s") == true)
    }

    @Test func aLauncherThatIsAwayIsNoFailureOfTheProgram() async throws {
        let driver = ExecDriver(sandbox: LaunchedSandbox(socket: "/nowhere/launcher.sock", jobs: 1), policy: ExecFixture.policy)
        let error = await #expect(throws: DriverError.self) {
            try await driver.provision(ExecFixture.request("true"), bench.context)
        }
        #expect(error?.code == "DRV-602" && error?.kind == .transient)
    }

    @Test func credentialsGoWhereTheDefinitionSays() async throws {
        let request = ExecFixture.request(
            #"printf '{"a": "%s %s"}' "$AWS_ACCESS_KEY_ID" "$(cat key.json | wc -c)" > "$OUTPUTS_FILE""#,
            ["credentials_config": ["environment": ["AWS_ACCESS_KEY_ID": "AccessKeyId"], "file": "key.json"]],
            secrets: ["credentials": ["AccessKeyId": "AKIA4711"]])
        let result = try await ExecFixture.driver().provision(request, bench.context)
        #expect(result.values == ["a": "AKIA4711 26"])
        let wrong = ExecFixture.request(
            "", ["credentials_config": ["environment": ["KEY": "AccesKeyId"]]], secrets: request.secrets)
        let problems = try await ExecFixture.driver().check(wrong)
        #expect(problems.map(\.path) == ["driver_inputs.values.credentials_config.environment.KEY"])
        #expect(problems.first?.suggestion == "AccessKeyId")
    }

    @Test func theNetworkIsTheOperatorsToGive() async throws {
        let request = ExecFixture.request("true", ["network": "outside"])
        #expect(try await ExecFixture.driver().check(request).map(\.path) == ["driver_inputs.values.network"])
        var policy = ExecFixture.policy
        policy.mayReachOutside = true
        #expect(try await ExecFixture.driver(policy: policy).check(request).isEmpty)
    }

    /// A definition for the reference's container driver.
    @Test func definitionsForTheReferenceAreRead() async throws {
        let request = DriverBench.request(
            values: [
                "job": [
                    "command": ["/bin/sh", "./create.sh"], "namespace": "runners", "service_account": "runner",
                    "shared_directory": "/x",
                ],
                "cluster": ["name": "prod"], "skip_permission_checks": true,
                "files": ["create.sh": "printf '{\"made\": \"by %s\"}' $ACTION > $OUTPUTS_FILE"],
            ], secrets: ["cluster": ["agent_url": "https://agent.example.com"]])
        let result = try await ExecFixture.driver("container").provision(request, bench.context)
        #expect(result.values == ["made": "by create"])
    }

    @Test(
        arguments: [["image": "localhost/tools:1"], ["job": ["image": "localhost/tools:1", "command": ["/bin/tool"]]]] as [JSON])
    func anImageIsRefusedBeforeAnythingRuns(values: JSON) async throws {
        let request = DriverBench.request(values: values)
        let driver = try await ExecFixture.driver("container")
        #expect(driver.check(request).map(\.code) == ["DRV-606"])
        let error = await #expect(throws: DriverError.self) { try await driver.provision(request, bench.context) }
        #expect(error?.code == "DRV-606" && error?.kind == .refused)
    }
}
