import DeployTargets
import PlatformModel
import TestSupport
import Testing

/// What a container can reach by address, and what it cannot.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanIsolationTests {
    private static func server(_ environment: EnvironmentContext, _ text: String) -> WorkloadBundle {
        let probe: JSON = ["httpGet": ["path": "/index.html", "port": 8080], "periodSeconds": 1]
        return Bundles.bundle(
            environment,
            Bundles.deployment(
                image: PrivatePodman.busyboxImage, command: Bundles.server(text), more: ["readinessProbe": probe]))
    }

    /// A server in an environment of its own.
    private struct Place {
        var environment = Bundles.environment()
        var address = ""
        var container = ""

        /// The machine's address in this environment's network.
        var gateway: String { address.split(separator: ".").dropLast().joined(separator: ".") + ".1" }

        init(_ bench: PodmanBench, _ text: String) async throws {
            let known = Set(try await bench.names())
            let status = try await bench.target.apply(server(environment, text)) { _ in }
            address = try #require(status.replicas.first?.address)
            container = try #require(try await bench.names().first { !known.contains($0) })
        }
    }

    /// What a container gets from a server, or the reason why nothing.
    private static func ask(_ bench: PodmanBench, from place: Place, _ address: String, _ port: Int = 8080) async throws -> String
    {
        try await bench.shell(place.container, "timeout 20 wget -qO- http://\(address):\(port)/index.html 2>&1; echo $?")
    }

    private static func expectApart(_ bench: PodmanBench, _ one: Place, _ two: Place) async throws {
        for (from, to) in [(one, two), (two, one)] {
            let far = try await ask(bench, from: from, to.address)
            #expect(far.contains("No route to host") && far.hasSuffix("1\n"), "\(from.address) to \(to.address): \(far)")
        }
    }

    @Test func environmentsAreApartWhileOthersComeAndGo() async throws {
        try await PodmanBench.with { bench in
            let one = try await Place(bench, "one"), two = try await Place(bench, "two")
            let near = try await Self.ask(bench, from: one, one.address)
            #expect(near == "one\n0\n")
            try await Self.expectApart(bench, one, two)
            for _ in 0..<2 {
                // netavark takes the way to its own rules out of the firewall when an environment's last container goes.
                let third = try await Place(bench, "three")
                try await Self.expectApart(bench, one, third)
                try await bench.target.removeEnvironment(third.environment)
                try await Self.expectApart(bench, one, two)
            }
        }
    }

    @Test func replicasOfOneEnvironmentReachEachOther() async throws {
        try await PodmanBench.with { bench in
            let one = try await Place(bench, "one")
            var sibling = one
            sibling.container = try await {
                let bundle = Bundles.bundle(
                    one.environment, workload: "client", Bundles.deployment("client", image: PrivatePodman.busyboxImage))
                _ = try await bench.target.apply(bundle) { _ in }
                return try #require(try await bench.names().first { $0.hasPrefix("wclient") })
            }()
            let seen = try await Self.ask(bench, from: sibling, one.address)
            #expect(seen == "one\n0\n")
            let byName = try await Self.ask(bench, from: sibling, "web")
            #expect(byName == "one\n0\n")
        }
    }

    @Test func targetsThatShareAPodmanAreApart() async throws {
        try await PodmanBench.with { bench in
            let one = try await Place(bench, "one")
            try await PodmanBench.with(besideAnother: true) { other in
                let two = try await Place(other, "two")
                let far = try await Self.ask(bench, from: one, two.address),
                    back = try await Self.ask(other, from: two, one.address)
                #expect(far.contains("No route to host"), "\(far)")
                #expect(back.contains("No route to host"), "\(back)")
            }
        }
    }

    /// On the machine's side: names, the ports that are configured, and nothing else.
    @Test func theMachineIsClosedButForItsPorts() async throws {
        try await PodmanBench.with({ $0.hostPorts = [5432] }) { bench in
            let one = try await Place(bench, "one"), two = try await Place(bench, "two")
            for port in [5432, 5433] {
                // On every address of Podman's network namespace.
                let listener: JSON = [
                    "name": .string("\(bench.configuration.id)-\(port)"), "image": .string(PrivatePodman.busyboxImage),
                    "command": .array(Bundles.server("port \(port)", port: port).map(JSON.string)),
                    "netns": ["nsmode": "host"], "use_image_hosts": true,
                    "labels": ["martlet.target": .string(bench.configuration.id)],
                ]
                let made = try await bench.podman.call("POST", "/containers/create", body: Array(listener.canonical.utf8))
                #expect(made.status == 201, "\(made)")
                _ = try await bench.podman.call("POST", "/containers/\(bench.configuration.id)-\(port)/start")
                try await bench.podman.poll("it listens") {
                    try bench.podman.inside("/bin/busybox", "netstat", "-ltn").contains(":\(port) ")
                }
            }
            for address in [one.gateway, two.gateway] {
                let open = try await Self.ask(bench, from: one, address, 5432)
                #expect(open == "port 5432\n0\n", "\(address): \(open)")
                let closed = try await Self.ask(bench, from: one, address, 5433)
                #expect(closed.contains("No route to host"), "\(address): \(closed)")
            }
            let own = try await bench.shell(one.container, "timeout 20 nslookup web \(one.gateway); echo $?")
            #expect(own.contains(one.address), "\(own)")
            let other = try await bench.shell(one.container, "timeout 20 nslookup web \(two.gateway) 2>&1; echo $?")
            #expect(!other.contains(two.address), "\(other)")
        }
    }

    @Test func whoRemovesTheRulesSeesThemAgain() async throws {
        try await PodmanBench.with { bench in
            let one = try await Place(bench, "one"), two = try await Place(bench, "two")
            let table = "martlet-\(bench.configuration.id)"
            let before = try bench.podman.inside("/usr/sbin/nft", "-s", "list", "table", "inet", table)
            for removal in [["delete", "table", "inet", table], ["flush", "chain", "inet", table, "forward"]] {
                _ = try bench.podman.inside(["/usr/sbin/nft"] + removal)
                try await bench.podman.poll("the rules are there again") {
                    (try? bench.podman.inside("/usr/sbin/nft", "-s", "list", "table", "inet", table)) == before
                }
            }
            // Without the one who keeps them they stay; and another one comes.
            let guardian = try #require(try await bench.guardian())
            _ = try await bench.podman.call("DELETE", "/containers/\(guardian)?force=true&timeout=0")
            try await Self.expectApart(bench, one, two)
            try await bench.podman.poll("another one") { try await bench.guardian().map { $0 != guardian } ?? false }
        }
    }

    @Test func theyHoldWhenPodmanIsStartedAnew() async throws {
        let podman = try await PrivatePodman.another()
        try await PodmanBench.with(on: podman) { bench in
            let one = try await Place(bench, "one"), two = try await Place(bench, "two")
            try await podman.killService()
            try await Self.expectApart(bench, one, two)
            // And for what comes afterwards.
            let third = try await Place(bench, "three")
            try await Self.expectApart(bench, one, third)
            try await bench.target.removeEnvironment(third.environment)
            try await Self.expectApart(bench, one, two)
        }
    }

    @Test func withoutThemNothingIsStarted() async throws {
        try await PodmanBench.with({ $0.nft = "/usr/sbin/no-nft" }) { bench in
            let error = await #expect(throws: DeployError.self) {
                try await bench.target.apply(Self.server(Bundles.environment(), "one")) { _ in }
            }
            #expect(error?.code == "DEP-012")
            #expect(
                error?.message
                    == "the rules that keep environments apart are not in force, so nothing is started: nft failed (127): "
                    + "/usr/sbin/no-nft: No such file or directory; the package 'nftables' must be installed")
            #expect(throws: DeployError.self) { try bench.target.checkIsolation() }
            let containers = try await bench.containers()
            #expect(containers.isEmpty)
        }
    }
}
