import DeployTargets
import Glibc
import PlatformModel
import TestSupport
import Testing

/// Where secrets are, and where they are not.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct PodmanSecretTests {
    private static let canary = "c4n4ry-9f2b71"

    private static func bundle(_ environment: EnvironmentContext, revision: String = "r1") -> WorkloadBundle {
        let variable: JSON = ["name": "PASSWORD", "valueFrom": ["secretKeyRef": ["name": "web", "key": "password"]]]
        let composed: JSON = ["name": "URL", "value": "postgres://u:$(PASSWORD)@db/x"]
        let plain: JSON = ["name": "COLOUR", "value": "blue"]
        return Bundles.bundle(
            environment, revision: revision, Bundles.secret("web", ["password": canary, "token": "\(canary)-file"]),
            Bundles.configMap("web", ["greeting": "hello"]),
            Bundles.deployment(
                image: PrivatePodman.busyboxImage,
                more: [
                    "env": [variable, composed, plain],
                    "volumeMounts": [
                        ["name": "s", "mountPath": "/etc/token", "subPath": "token"], ["name": "c", "mountPath": "/etc/conf"],
                    ],
                ],
                pod: [
                    "volumes": [["name": "s", "secret": ["secretName": "web"]], ["name": "c", "configMap": ["name": "web"]]]
                ]))
    }

    @Test func theyReachTheProgramAndNothingThatPodmanKeeps() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment()
            _ = try await bench.target.apply(Self.bundle(environment)) { _ in }
            let name = try #require(try await bench.names().first)
            let seen = try await bench.shell(
                name, "tr '\\0' '\\n' </proc/1/environ; cat /etc/token; echo; cat /etc/conf/greeting")
            #expect(seen.contains("PASSWORD=\(Self.canary)\n"))
            #expect(seen.contains("URL=postgres://u:\(Self.canary)@db/x\n"))
            #expect(seen.contains("COLOUR=blue\n"))
            #expect(seen.hasSuffix("\(Self.canary)-file\nhello"))
            let inspected = try await bench.podman.call("GET", "/containers/\(name)/json").body
            #expect(inspected["Config"]?["Env"]?.array?.contains("COLOUR=blue") == true)
            #expect(!inspected.canonical.contains(Self.canary))
            for folder in ["graph", "run", "libpod", "conf", "volumes"] {
                #expect(try Self.files(holding: Self.canary, below: "\(bench.podman.folder)/\(folder)") == [])
            }
            var info = stat()
            #expect(stat(bench.configuration.secretsRoot, &info) == 0 && info.st_mode & 0o777 == 0o700)
        }
    }

    /// Paths of the files below a folder that hold a text. Looks with grep, as a person would.
    private static func files(holding text: String, below folder: String) throws -> [String] {
        try Command.output("/usr/bin/grep", ["-rlsF", text, folder]).split(separator: "\n").map(String.init)
    }

    @Test func aPlaceOnDiskIsRefused() async throws {
        try await PodmanBench.with({ $0.secretsRoot = "/var/tmp/martlet-secrets-\(getpid())" }) { bench in
            let error = await #expect(throws: DeployError.self) {
                try await bench.target.apply(Self.bundle(Bundles.environment())) { _ in }
            }
            #expect(error?.code == "DEP-008")
            #expect(error?.message.contains("is not on a tmpfs") == true)
            rmdir(bench.configuration.secretsRoot)
            let containers = try await bench.containers()
            #expect(containers.isEmpty)
        }
    }

    @Test func afterARebootTheyAreFetchedAnew() async throws {
        try await PodmanBench.with { bench in
            let environment = Bundles.environment(), bundle = Self.bundle(environment)
            _ = try await bench.target.apply(bundle) { _ in }
            let name = try #require(try await bench.names().first)
            // What a reboot leaves: containers that have ended, and an empty tmpfs.
            _ = try Command.output("/bin/rm", ["-rf", bench.configuration.secretsRoot])
            _ = try await bench.podman.call("POST", "/containers/\(name)/kill?signal=9")
            try await bench.podman.poll("the missing secrets are reported") {
                try await bench.target.observe(environment).first?.message?.contains("no deployment holds a grant") == true
            }
            bench.events.refresh = bundle
            try await bench.podman.poll("it runs again") {
                try await bench.target.observe(environment).first?.phase == .available
            }
            let seen = try await bench.shell(name, "tr '\\0' '\\n' </proc/1/environ")
            #expect(seen.contains("PASSWORD=\(Self.canary)\n"))
        }
    }

    @Test func theyGoWithTheWorkload() async throws {
        try await PodmanBench.with { bench in
            let bundle = Self.bundle(Bundles.environment())
            _ = try await bench.target.apply(bundle) { _ in }
            #expect(try !Self.files(holding: Self.canary, below: bench.configuration.secretsRoot).isEmpty)
            try await bench.target.removeEnvironment(bundle.key.environment)
            #expect(try Self.files(holding: Self.canary, below: bench.configuration.secretsRoot) == [])
            let networks = try await bench.podman.call("GET", "/networks/json").body.array ?? []
            #expect(!networks.contains { $0["labels"]?["martlet.target"]?.string == bench.configuration.id })
        }
    }
}
