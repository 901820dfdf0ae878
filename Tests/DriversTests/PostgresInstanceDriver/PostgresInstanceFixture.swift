import DeployTargets
import Logging
import PlatformModel
import PureDrivers
import Synchronization
import TestSupport

@testable import Drivers

/// Private clusters in real containers: one target for all of them, an environment for each.
enum PostgresInstanceFixture {
    private static let count = Mutex(0)
    private static let started = Task { try await target("pgc", PrivatePodman.shared()) }

    static func target(_ id: String, _ podman: PrivatePodman) throws -> PodmanTarget {
        let root = "\(podman.folder)/\(id)"
        try podman.makeFolder(root)
        return PodmanTarget(
            PodmanTarget.Configuration(
                id: id, socket: podman.socket, secretsRoot: "\(root)/secrets", outputRoot: "\(root)/output",
                probesRoot: "\(root)/p", martletEnv: podman.martletEnv),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    static let small: JSON = ["shared_buffers_mib": 16, "max_connections": 20]

    static func fixture() async throws -> DriverFixture {
        let podman = try await PrivatePodman.shared(), target = try await started.value
        let number = count.withLock { count in
            count += 1
            return count
        }
        func request(_ more: [String: JSON] = [:]) -> DriverRequest {
            var request = DriverBench.request(
                type: "postgres-instance", values: .object((small.object ?? [:]).merging(more) { $1 }))
            request.environment.envID = "e\(number)"
            return request
        }
        let asked = request()
        var wrong = request(["version": 9, "max_connections": "many", "on_delete": "dropp", "password_version": "two words"])
        wrong.params = ["size": 1]
        wrong.secrets = ["password": "correct-horse"]
        return DriverFixture(
            make: { PostgresInstanceDriver(target: target) }, request: asked, changed: request(["password_version": 2]),
            wrong: wrong,
            problems: [
                "DRV-801 driver_inputs.values.max_connections", "DRV-801 driver_inputs.values.on_delete",
                "DRV-801 driver_inputs.values.version", "DRV-801 driver_inputs.values.password_version", "DRV-801 params.size",
                "DRV-801 driver_inputs.secret_refs.password",
            ],
            mark: .system("a label of the container and of the volume") {
                try await marks(podman, target.serverHost(asked.guResID, in: asked.environment))
            }, meddlings: meddlings(podman, target.serverHost(asked.guResID, in: asked.environment)),
            end: { try? await target.removeEnvironment(asked.environment) })
    }

    /// Whose they say that they are; nil when there is neither.
    static func marks(_ podman: PrivatePodman, _ name: String) async throws -> String? {
        let container = try await podman.call("GET", "/containers/\(name)/json")
        let volume = try await podman.call("GET", "/volumes/\(name)/json")
        let labels = [(container, container.body["Config"]?["Labels"]), (volume, volume.body["Labels"])]
            .filter { $0.0.status == 200 }.map { $0.1?["martlet.resource"]?.string ?? "unmarked" }
        return labels.isEmpty ? nil : labels.joined(separator: " ")
    }

    private static func meddlings(_ podman: PrivatePodman, _ name: String) -> [DriverFixture.Meddling] {
        [
            .init(
                name: "it is stopped",
                meddle: { _ = try await podman.call("POST", "/containers/\(name)/stop") }, paths: ["server \(name)/running"]),
            .init(
                name: "the container is removed",
                meddle: { _ = try await podman.call("DELETE", "/containers/\(name)?force=true&timeout=0") },
                paths: ["server \(name)"]),
            .init(
                name: "another password", meddle: { try await setPassword(podman, name) },
                paths: ["server \(name)/password"]),
            .init(
                name: "all of it is removed",
                meddle: {
                    _ = try await podman.call("DELETE", "/containers/\(name)?force=true&timeout=0")
                    _ = try await podman.call("DELETE", "/volumes/\(name)?force=true")
                }, paths: nil),
        ]
    }

    /// As somebody with a shell in the container who does not know the password.
    private static func setPassword(_ podman: PrivatePodman, _ name: String) async throws {
        let script = """
            set -eu
            cd /martlet/data/cluster
            psql() { /usr/lib/postgresql/$(cat PG_VERSION)/bin/psql -wXqh /martlet/socket -U postgres -c "$1" >/dev/null 2>&1; }
            cp pg_hba.conf /tmp/pg_hba.conf
            echo 'local all all trust' > pg_hba.conf
            kill -HUP 1
            until psql "ALTER ROLE postgres PASSWORD 'other'"; do sleep 0.05; done
            cp /tmp/pg_hba.conf pg_hba.conf
            kill -HUP 1
            while psql 'SELECT 1'; do sleep 0.05; done
            echo done
            """
        let command: JSON = ["Cmd": ["/usr/bin/sh", "-c", .string(script)], "AttachStdout": true, "AttachStderr": true]
        let made = try await podman.call("POST", "/containers/\(name)/exec", body: Array(command.canonical.utf8))
        guard let id = made.body["Id"]?.string else { throw PrivatePodman.Failure(description: "exec: \(made)") }
        let said = try await podman.output("/exec/\(id)/start", body: #"{"Detach":false,"Tty":false}"#)
        guard said.hasSuffix("done\n") else { throw PrivatePodman.Failure(description: "exec: \(said)") }
    }
}
