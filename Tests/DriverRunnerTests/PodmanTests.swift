import DeployTargets
import Drivers
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import DriverRunner

/// A workload by way of the routes, the broker and a real Podman.
@Suite struct PodmanTests {
    @Test(.enabled(if: PrivatePodman.isAvailable)) func aWorkloadGetsItsSecretAndItsLinesAreMasked() async throws {
        let podman = try await PrivatePodman.shared()
        let root = "\(podman.folder)/runner"
        try podman.makeFolder(root)
        let target = PodmanTarget(
            PodmanTarget.Configuration(
                id: "h1", socket: podman.socket, secretsRoot: "\(root)/secrets", outputRoot: "\(root)/output",
                probesRoot: "\(root)/p", martletEnv: podman.martletEnv),
            hooks: PodmanTarget.Hooks(endpointsChanged: { _, _ in }, refresh: { _ in nil }), logger: quiet)
        try await RunnerFixture.with { fixture in
            fixture.broker.put(WorkloadOutputTests.source, .string(WorkloadOutputTests.canary))
            fixture.broker.grant("g", reads: [WorkloadOutputTests.source], prefix: RunnerFixture.prefix)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await target.run() }
                defer { group.cancelAll() }
                try await fixture.runner(drivers: [], target: target) { runner async throws in
                    let deployed = try await runner.done(Self.work, verb: .deploy)
                    #expect(deployed.state == .succeeded, "\(String(describing: deployed.failure))")
                    try await eventually("the line") {
                        fixture.logs.lines.contains("the password is ******")
                    }
                    #expect(!fixture.logs.lines.contains { $0.contains("canary") })
                    #expect(try await !fixture.dump().contains("canary"))
                    #expect(try await runner.done(.workload([]), verb: .remove).state == .succeeded)
                    #expect(try await runner.done(.environment, verb: .remove, node: "env").state == .succeeded)
                    #expect(try await target.observe(RunnerFixture.environment).isEmpty)
                }
            }
        }
    }

    private static let work: ActionWork = {
        let container: JSON = [
            "name": "main", "image": .string(PrivatePodman.busyboxImage),
            "command": ["/bin/sh", "-c", "echo the password is $P; exec sleep 1000"],
            "env": [["name": "P", "valueFrom": ["secretKeyRef": ["name": "s", "key": "p"]]]],
        ]
        let deployment: JSON = [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
            "spec": [
                "replicas": 1, "selector": ["matchLabels": ["app": "web"]],
                "template": [
                    "metadata": ["labels": ["app": "web"]],
                    "spec": ["containers": [container], "terminationGracePeriodSeconds": 1],
                ],
            ],
        ]
        let secret: JSON = ["apiVersion": "v1", "kind": "Secret", "metadata": ["name": "s"], "stringData": ["p": nil]]
        return .workload([deployment, secret], slots: [.whole("/1/stringData/p", WorkloadOutputTests.source)])
    }()
}
