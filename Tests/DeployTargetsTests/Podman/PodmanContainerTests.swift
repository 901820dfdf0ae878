import DeployTargets
import PlatformModel
import TestSupport
import Testing

/// What a container is given besides variables.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanContainerTests {
    private static let image = PrivatePodman.busyboxImage

    @Test func limitsAndRights() async throws {
        try await PodmanBench.with { bench in
            let bundle = Bundles.bundle(
                Bundles.environment(),
                Bundles.deployment(
                    image: Self.image,
                    more: [
                        "resources": [
                            "limits": ["memory": "32Mi", "cpu": "250m"], "requests": ["memory": "16Mi", "cpu": "100m"],
                        ],
                        "securityContext": [
                            "runAsUser": 1234, "runAsGroup": 99, "readOnlyRootFilesystem": true,
                            "allowPrivilegeEscalation": false,
                            "capabilities": ["drop": ["ALL"]],
                        ],
                    ]))
            _ = try await bench.target.apply(bundle) { _ in }
            let name = try #require(try await bench.names().first)
            let host = try await bench.podman.call("GET", "/containers/\(name)/json").body["HostConfig"]
            #expect(host?["Memory"]?.int == 32 << 20)
            #expect(host?["MemoryReservation"]?.int == 16 << 20)
            #expect((host?["CpuQuota"]?.int, host?["CpuPeriod"]?.int, host?["CpuShares"]?.int) == (25_000, 100_000, 102))
            let seen = try await bench.shell(name, "id; touch /x 2>&1; cat /proc/1/status")
            #expect(seen.hasPrefix("uid=1234(1234) gid=99(99)"))
            #expect(seen.contains("Read-only file system"))
            #expect(seen.contains("NoNewPrivs:\t1") && seen.contains("CapEff:\t0000000000000000"))
        }
    }

    @Test func whoMustNotBeRootIsNot() async throws {
        try await PodmanBench.with { bench in
            func bundle(_ security: JSON) -> WorkloadBundle {
                Bundles.bundle(
                    Bundles.environment(), Bundles.deployment(image: Self.image, pod: ["securityContext": security]))
            }
            let error = await #expect(throws: DeployError.self) {
                try await bench.target.apply(bundle(["runAsNonRoot": true])) { _ in }
            }
            #expect(
                error?.message
                    == "workload 'web' container 'main' must not run as root, and its image 'localhost/busybox:test' is of root; "
                    + "set runAsUser")
            _ = try await bench.target.apply(bundle(["runAsNonRoot": true, "runAsUser": 1234])) { _ in }
            let name = try #require(try await bench.names().first)
            let seen = try await bench.shell(name, "id -u")
            #expect(seen == "1234\n")
        }
    }

    /// The container's user is not root, and not the runner.
    @Test func anyUserReadsItsSecretsAndSharesItsVolumes() async throws {
        try await PodmanBench.with { bench in
            let variable: JSON = ["name": "KEY", "valueFrom": ["secretKeyRef": ["name": "s", "key": "k"]]]
            func container(_ name: String, _ script: String) -> JSON {
                [
                    "name": .string(name), "image": .string(Self.image), "command": ["/bin/sh", "-c", .string(script)],
                    "env": [variable], "securityContext": ["runAsUser": 1234],
                    "volumeMounts": [["name": "shared", "mountPath": "/shared"]],
                ]
            }
            let deployment = Bundles.deployment(
                image: Self.image,
                pod: [
                    "containers": [
                        container("writer", "echo $KEY > /shared/key; exec sleep 1000"), container("reader", "exec sleep 1000"),
                    ], "volumes": [["name": "shared", "emptyDir": [:]]],
                ])
            let bundle = Bundles.bundle(Bundles.environment(), Bundles.secret("s", ["k": "opened"]), deployment)
            _ = try await bench.target.apply(bundle) { _ in }
            let reader = try #require(try await bench.names().first { $0.hasSuffix("reader") })
            let seen = try await bench.shell(reader, "cat /shared/key")
            #expect(seen == "opened\n")
            try await bench.target.remove(bundle.key)
            let volumes = try await bench.podman.call("GET", "/volumes/json").body.array ?? []
            #expect(!volumes.contains { $0["Labels"]?["martlet.target"]?.string == bench.configuration.id })
        }
    }

    @Test func aJobThatFailsSaysWhyAndRunsAgainForAnotherAction() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            func bundle(_ mark: String) -> WorkloadBundle {
                Bundles.bundle(
                    environment, workload: "once", mark: mark,
                    Bundles.job(image: Self.image, command: ["/bin/sh", "-c", "echo no luck; exit 4"]))
            }
            for mark in ["d1", "d2"] {
                let error = await #expect(throws: DeployError.self) { try await bench.target.apply(bundle(mark)) { _ in } }
                #expect(error?.code == "DEP-007")
                #expect(error?.message == "workload 'once' container 'main': it ended with exit code 4")
                #expect(error?.lastLines.last == "no luck")
                let status = try await bench.target.observe(environment).first
                #expect((status?.phase, status?.mark) == (.failed, mark))
            }
        }
    }
}
