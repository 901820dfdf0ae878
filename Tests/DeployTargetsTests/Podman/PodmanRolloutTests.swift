import DeployTargets
import PlatformModel
import TestSupport
import Testing

/// Rollouts, probes, restarts and routes on a real Podman.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanRolloutTests {
    private static let image = PrivatePodman.busyboxImage
    private static let readiness: JSON = ["httpGet": ["path": "/index.html", "port": 8080], "periodSeconds": 1]

    private static func server(_ text: String, replicas: Int = 1) -> JSON {
        Bundles.deployment(
            image: image, command: Bundles.server(text), replicas: replicas, more: ["readinessProbe": readiness])
    }

    @Test func newServersAreInTheRoutesBeforeOldOnesLeave() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment(), service = Bundles.service(port: 80, target: 8080)
            _ = try await bench.target.apply(Bundles.bundle(environment, service, Self.server("one"))) { _ in }
            let first = try #require(bench.events.endpoints.last?.ports[80])
            #expect(first.map(\.port) == [8080])
            let before = bench.events.endpoints.count
            _ = try await bench.target.apply(
                Bundles.bundle(environment, revision: "r2", service, Self.server("two", replicas: 2))
            ) { _ in }
            let told = bench.events.endpoints.dropFirst(before).compactMap { $0.ports[80] }
            #expect(told.allSatisfy { !$0.isEmpty })
            #expect(told.contains { Set($0).isSuperset(of: first) && $0.count > 1 }, "old and new together")
            let last = try #require(told.last)
            #expect(last.count == 2 && Set(last).isDisjoint(with: first))
            try await bench.target.remove(WorkloadKey(environment: environment, workload: "web"))
            #expect(bench.events.endpoints.last?.ports == [80: []])
        }
    }

    @Test func workloadsReachEachOtherByNameAndServicePort() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            _ = try await bench.target.apply(
                Bundles.bundle(environment, Bundles.service(port: 80, target: 8080), Self.server("hello"))
            ) { _ in }
            _ = try await bench.target.apply(
                Bundles.bundle(environment, workload: "client", Bundles.deployment("client", image: Self.image))
            ) { _ in }
            let name = try #require(try await bench.names().first { $0.hasPrefix("wclient") })
            let seen = try await bench.shell(name, "wget -qO- http://web/index.html; wget -qO- http://web:8080/index.html")
            #expect(seen == "hello\nhello\n")
            let other = Bundles.environment("other")
            _ = try await bench.target.apply(
                Bundles.bundle(other, workload: "client", Bundles.deployment("client", image: Self.image))
            ) { _ in }
            let stranger = try #require(try await bench.names().first { $0.hasPrefix("wclient") && $0 != name })
            let refused = try await bench.shell(stranger, "timeout 3 wget -qO- http://web/index.html 2>&1; echo $?")
            #expect(!refused.contains("hello"))
            // Nor by address: the host forwards between its bridges unless it is told not to.
            let connect = #"wget -O /dev/null http://web:8080/index.html 2>&1 | sed -n 's/.*(\(.*\):8080).*/\1/p'"#
            let address = try await bench.shell(name, connect).filter { $0.isNumber || $0 == "." }
            let ask = "timeout 20 wget -qO- http://\(address):8080/index.html 2>&1; echo $?"
            let near = try await bench.shell(name, ask), far = try await bench.shell(stranger, ask)
            #expect(near == "hello\n0\n", "\(ask): \(near)")
            #expect(!far.contains("hello"), "\(ask): \(far)")
        }
    }

    @Test func aProbeThatNeverPassesEndsTheRolloutWithItsReason() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let error = await #expect(throws: DeployError.self) {
                try await bench.target.apply(
                    Bundles.bundle(
                        environment, timeout: .seconds(20),
                        Bundles.deployment(
                            image: Self.image, command: ["/bin/sh", "-c", "echo listening to nobody; sleep 1000"],
                            more: ["readinessProbe": Self.readiness]))
                ) { _ in }
            }
            #expect(error?.kind == .timedOut)
            #expect(
                error?.message
                    == "workload 'web' not available within 20.0 seconds: container 'main': its readiness probe does not "
                    + "pass: port 8080: Connection refused")
            #expect(error?.lastLines == ["listening to nobody"])
            let left = try await bench.containers()
            #expect(left.isEmpty)
        }
    }

    @Test func anImageThatIsNotThereIsNamed() async throws {
        try await PodmanBench.with { bench in
            let error = await #expect(throws: DeployError.self) {
                try await bench.target.apply(
                    Bundles.bundle(Bundles.environment(), Bundles.deployment(image: "localhost/nothing:1"))
                ) { _ in }
            }
            #expect(error?.code == "DEP-002")
            #expect(error?.message.contains("image 'localhost/nothing:1' is not on this machine") == true)
        }
    }

    @Test func aDeadContainerIsStartedAgainAndLeavesTheRoutesMeanwhile() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            _ = try await bench.target.apply(
                Bundles.bundle(environment, Bundles.service(port: 80, target: 8080), Self.server("one"))
            ) { _ in }
            let name = try #require(try await bench.names().first)
            let before = bench.events.endpoints.count
            _ = try await bench.podman.call("POST", "/containers/\(name)/kill?signal=9")
            try await bench.podman.poll("restarted") {
                let status = try await bench.target.observe(environment).first
                return status?.phase == .available && status?.replicas.first?.restarts == 1
            }
            // The routes are told a moment after the replica is ready again.
            try await bench.podman.poll("the routes are told") { bench.events.endpoints.count >= before + 2 }
            let told = bench.events.endpoints.dropFirst(before).compactMap { $0.ports[80]?.count }
            #expect(told == [0, 1])
        }
    }

    @Test func aFailingLivenessProbeRestartsTheContainer() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let probe: JSON = [
                "exec": ["command": ["/bin/test", "-e", "/tmp/alive"]], "periodSeconds": 1, "failureThreshold": 1,
                "initialDelaySeconds": 1,
            ]
            _ = try await bench.target.apply(
                Bundles.bundle(
                    environment,
                    Bundles.deployment(
                        image: Self.image, command: ["/bin/sh", "-c", "touch /tmp/alive; exec sleep 1000"],
                        more: ["livenessProbe": probe]))
            ) { _ in }
            let name = try #require(try await bench.names().first)
            _ = try await bench.shell(name, "rm /tmp/alive")
            try await bench.podman.poll("restarted") {
                try await bench.target.observe(environment).first?.replicas.first?.restarts == 1
            }
        }
    }

    @Test func aNewRunnerFindsWhatRuns() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let bundle = Bundles.bundle(environment, Bundles.service(port: 80, target: 8080), Self.server("one"))
            let first = try await bench.target.apply(bundle) { _ in }
            let containers = try await bench.containers().compactMap { $0["Pid"]?.int }
            let later = bench.restarted()
            try await later.whileRunning { later in
                let again = try await later.target.apply(bundle) { _ in }
                #expect(again.replicas.map(\.address) == first.replicas.map(\.address))
                #expect(later.events.endpoints.map { $0.ports[80]?.count } == [1])
                let now = try await later.containers().compactMap { $0["Pid"]?.int }
                #expect(now == containers)
            }
        }
    }

    /// Somebody took a container away: a look sees it, and the next deployment sets it right.
    @Test func whatWasDoneByHandIsSeenAndSetRight() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let bundle = Bundles.bundle(environment, Self.server("one"))
            _ = try await bench.target.apply(bundle) { _ in }
            #expect(try await bench.target.observe(environment).first?.replicas.map(\.missing) == [[]])
            let name = try #require(try await bench.names().first)
            _ = try await bench.podman.call("DELETE", "/containers/\(name)?force=true&timeout=0")
            let seen = try #require(try await bench.target.observe(environment).first)
            #expect(seen.replicas.map(\.missing.count) == [1], "it is not made again by itself")
            let status = try await bench.target.apply(bundle) { _ in }
            #expect((status.phase, status.ready) == (.available, 1))
            #expect(try await bench.target.observe(environment).first?.replicas.map(\.missing) == [[]])
        }
    }

    @Test func whatAKilledAttemptLeftIsReplaced() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            let bundle = Bundles.bundle(environment, Self.server("one", replicas: 2))
            _ = try await bench.target.apply(bundle) { _ in }
            // An attempt that was killed after the sandbox: one replica without its container.
            let name = try #require(try await bench.names().first)
            _ = try await bench.podman.call("DELETE", "/containers/\(name)?force=true&timeout=0")
            let status = try await bench.target.apply(bundle) { _ in }
            #expect((status.phase, status.ready) == (.available, 2))
            let names = try await bench.names()
            #expect(names.count == 2)
        }
    }
}
