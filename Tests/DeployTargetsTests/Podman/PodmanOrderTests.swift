import DeployTargets
import Glibc
import PlatformModel
import TestSupport
import Testing

/// Containers that come before others, on a real Podman.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanOrderTests {
    private static let volumes: JSON = [["name": "shared", "emptyDir": [:]]]

    private static func container(_ name: String, _ script: String, _ more: [String: JSON] = [:]) -> JSON {
        let container: [String: JSON] = [
            "name": .string(name), "image": .string(PrivatePodman.busyboxImage), "command": ["/bin/sh", "-c", .string(script)],
            "volumeMounts": [["name": "shared", "mountPath": "/shared"]],
        ]
        return .object(container.merging(more) { _, new in new })
    }

    private static func deployment(_ initial: [JSON], _ main: JSON) -> JSON {
        Bundles.deployment(
            image: PrivatePodman.busyboxImage,
            pod: [
                "initContainers": .array(initial), "containers": [main], "volumes": volumes, "terminationGracePeriodSeconds": 5,
            ])
    }

    private static func job(_ initial: [JSON], _ main: JSON) -> JSON {
        [
            "apiVersion": "batch/v1", "kind": "Job", "metadata": ["name": "once"],
            "spec": [
                "backoffLimit": 0,
                "template": [
                    "spec": [
                        "restartPolicy": "Never", "initContainers": .array(initial), "containers": [main], "volumes": volumes,
                        "terminationGracePeriodSeconds": 2,
                    ]
                ],
            ],
        ]
    }

    /// What all containers wrote, by its time.
    private static func lines(_ bench: PodmanBench) async throws -> [String] {
        try await bench.target.output(since: OutputCursor(), limit: 1000).lines.sorted { $0.time < $1.time }.map(\.text)
    }

    @Test func theyRunInOrderAndOnceHoweverOftenTheMainOneDies() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let bundle = Bundles.bundle(
                environment,
                Self.deployment(
                    [
                        Self.container("a", "sleep 1; echo a >> /shared/log"),
                        Self.container("b", "cat /shared/log; echo b >> /shared/log"),
                    ], Self.container("main", "echo main >> /shared/log; exec sleep 1000")))
            let status = try await bench.target.apply(bundle) { _ in }
            #expect((status.phase, status.ready) == (.available, 1))
            let main = try #require(try await bench.names().first { $0.hasSuffix(".c.main") })
            let before = try await bench.shell(main, "cat /shared/log")
            #expect(before == "a\nb\nmain\n")
            _ = try await bench.podman.call("POST", "/containers/\(main)/kill?signal=9")
            try await bench.podman.poll("restarted") {
                try await bench.target.observe(environment).first?.replicas.first.map { $0.restarts == 1 && $0.state == .ready }
                    ?? false
            }
            let after = try await bench.shell(main, "cat /shared/log")
            #expect(after == "a\nb\nmain\nmain\n")
        }
    }

    /// As after a reboot: the network is gone, and everything in it begins again.
    @Test func aNewNetworkBeginsWithThem() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let bundle = Bundles.bundle(
                environment,
                Self.deployment(
                    [Self.container("load", "echo load")], Self.container("main", "echo main; exec sleep 1000")))
            _ = try await bench.target.apply(bundle) { _ in }
            let replica = try #require(try await bench.target.observe(environment).first?.replicas.first?.name)
            // A run of the same second could be one in the new network.
            try await bench.podman.poll("a second passes") {
                let list = try await bench.containers()
                let started = list.compactMap { $0["StartedAt"]?.int }.max() ?? 0
                return time(nil) > started
            }
            _ = try await bench.podman.call("POST", "/containers/\(replica).sandbox/kill?signal=9")
            try await bench.podman.poll("all of it again") {
                try await Self.lines(bench) == ["load", "main", "load", "main"]
            }
        }
    }

    @Test func oneThatFailsEndsTheRolloutWithItsLines() async throws {
        try await PodmanBench.with { bench in
            let bundle = Bundles.bundle(
                Bundles.environment(),
                Self.deployment(
                    [Self.container("migrate", "echo no such table; exit 3")], Self.container("main", "exec sleep 1000")))
            let error = await #expect(throws: DeployError.self) { try await bench.target.apply(bundle) { _ in } }
            #expect(error?.message == "workload 'web' container 'migrate': it ended with exit code 3")
            #expect(error?.lastLines.last == "no such table")
        }
    }

    @Test func oneThatRunsOnHasStartedBeforeTheOthersAndEndsAfterThem() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            func untilTold(_ name: String) -> String { "trap 'echo \(name) ends; exit 0' TERM; while :; do sleep 0.1; done" }
            let proxy = Self.container(
                "proxy", "sleep 1; touch /shared/open; \(untilTold("proxy"))",
                [
                    "restartPolicy": "Always",
                    "startupProbe": [
                        "exec": ["command": ["/bin/test", "-e", "/shared/open"]], "periodSeconds": 1, "failureThreshold": 60,
                    ],
                ])
            let bundle = Bundles.bundle(
                environment,
                Self.deployment([proxy], Self.container("main", "ls /shared; \(untilTold("main"))")))
            let status = try await bench.target.apply(bundle) { _ in }
            #expect(status.phase == .available)
            try await bench.target.remove(bundle.key)
            let told = try await Self.lines(bench)
            #expect(told == ["open", "main ends", "proxy ends"])
        }
    }

    @Test func aJobIsCompleteWithoutWhatRunsBesideIt() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            func bundle(_ mark: String) -> WorkloadBundle {
                Bundles.bundle(
                    environment, workload: "once", mark: mark,
                    Self.job(
                        [
                            Self.container("load", "echo 42 > /shared/answer"),
                            Self.container("beside", "exec sleep 1000", ["restartPolicy": "Always"]),
                        ], Self.container("main", "cat /shared/answer")))
            }
            let first = try await bench.target.apply(bundle("d1")) { _ in }
            #expect(first.phase == .completed)
            try await bench.podman.poll("nothing of it runs") {
                try await bench.containers().allSatisfy { ["exited", "stopped"].contains($0["State"]) }
            }
            // Another deployment of the same: it was done, although what ran beside it was killed.
            let again = try await bench.target.apply(bundle("d2")) { _ in }
            #expect((again.phase, again.mark) == (.completed, "d1"))
            let lines = try await Self.lines(bench)
            #expect(lines == ["42"])
        }
    }

    @Test func whatDoesNotStartInItsTimeIsStartedAgain() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let main = Self.container(
                "main", "if [ -e /shared/tried ]; then touch /shared/open; else touch /shared/tried; fi; exec sleep 1000",
                [
                    "startupProbe": [
                        "exec": ["command": ["/bin/test", "-e", "/shared/open"]], "periodSeconds": 1, "failureThreshold": 6,
                        "timeoutSeconds": 20,
                    ],
                    "livenessProbe": [
                        "exec": ["command": ["/bin/test", "-e", "/shared/open"]], "periodSeconds": 1, "failureThreshold": 3,
                        "timeoutSeconds": 20,
                    ],
                ])
            let status = try await bench.target.apply(Bundles.bundle(environment, Self.deployment([], main))) { _ in }
            #expect(status.phase == .available)
            #expect(status.replicas.first?.restarts == 1)
        }
    }
}
