import DeployTargets
import PlatformModel
import TestSupport
import Testing

/// `deploy.success: deploy` on a real Podman: nobody waits for readiness, and nothing is lost while it does not come.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanHandOverTests {
    private static let image = PrivatePodman.busyboxImage
    /// Ready once somebody makes the file.
    private static let probe: JSON = ["exec": ["command": ["/bin/test", "-e", "/tmp/ready"]], "periodSeconds": 1]

    private static func bundle(
        _ environment: EnvironmentContext, _ revision: String, _ command: String, mark: String = "d1/web/deploy/1",
        success: DeployCondition.Success = .deploy
    ) -> WorkloadBundle {
        var bundle = Bundles.bundle(
            environment, revision: revision, mark: mark, timeout: .seconds(20),
            Bundles.service(port: 80, target: 8080),
            Bundles.deployment(image: image, command: ["/bin/sh", "-c", command], more: ["readinessProbe": probe]))
        bundle.success = success
        return bundle
    }

    private static let ready = "touch /tmp/ready; exec sleep 1000", waiting = "exec sleep 1000"

    @Test func itIsHandedOverAndTheOlderOneServesUntilItIsReady() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            _ = try await bench.target.apply(Self.bundle(environment, "r1", Self.ready, success: .available)) { _ in }
            let first = try #require(try await bench.names().first)
            let handed = try await bench.target.apply(Self.bundle(environment, "r2", Self.waiting, mark: "d2/web/deploy/1")) {
                _ in
            }
            // It did not wait: the older revision serves, and is in the routes.
            #expect(handed.revision == "r1" && handed.ready == 1, "\(handed)")
            #expect(bench.events.endpoints.last?.ports[80]?.count == 1)
            // The same once more, as after a crash, changes nothing.
            _ = try await bench.target.apply(Self.bundle(environment, "r2", Self.waiting, mark: "d2/web/deploy/1")) { _ in }
            let names = try await bench.names()
            #expect(names.count == 2 && names.contains(first))
            let newer = try #require(names.first { $0 != first })
            // It gets ready in its own time, also when the runner was started anew meanwhile.
            let later = bench.restarted()
            try await later.whileRunning { later in
                // Nobody waited for its start either.
                try await later.podman.poll("its start") { (try? await later.shell(newer, "touch /tmp/ready")) != nil }
                try await later.podman.poll("the older one's end") { try await later.names() == [newer] }
                try await later.podman.poll("available") {
                    let status = try await later.target.observe(environment).first
                    return status?.revision == "r2" && status?.phase == .available
                }
                let told = later.events.endpoints.compactMap { $0.ports[80]?.count }
                #expect(told.last == 1 && !told.contains(0), "\(told)")
            }
        }
    }

    /// The newer one never got ready, and the older one is asked for again.
    @Test func theWayBackTakesTheOneAwayThatNeverGotReady() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            _ = try await bench.target.apply(Self.bundle(environment, "r1", Self.ready)) { _ in }
            try await bench.podman.poll("ready") { try await bench.target.observe(environment).first?.ready == 1 }
            let first = try await bench.names()
            _ = try await bench.target.apply(Self.bundle(environment, "r2", Self.waiting, mark: "d2/web/deploy/1")) { _ in }
            let back = try await bench.target.apply(Self.bundle(environment, "r1", Self.ready, mark: "d3/web/deploy/1")) { _ in }
            #expect((back.phase, back.revision) == (.available, "r1"), "\(back)")
            let names = try await bench.names()
            #expect(names == first)
        }
    }

    @Test func aJobIsNotWaitedFor() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            var bundle = Bundles.bundle(
                environment, workload: "once", timeout: .seconds(20),
                Bundles.job(
                    image: Self.image, command: ["/bin/sh", "-c", "until test -e /tmp/go; do sleep 0.1; done"]))
            bundle.success = .deploy
            let status = try await bench.target.apply(bundle) { _ in }
            #expect(status.phase == .progressing, "\(status)")
            let name = try #require(try await bench.names().first)
            // Nobody waited for its start either.
            try await bench.podman.poll("its start") { (try? await bench.shell(name, "touch /tmp/go")) != nil }
            try await bench.podman.poll("its end") { try await bench.target.observe(environment).first?.phase == .completed }
        }
    }
}
