import NIOHTTP1
import PlatformModel

extension PodmanTarget {
    private static let scriptLabel = "martlet.script"
    /// No account of Debian's; the data belong to it.
    private static let user = "64999:64999"
    /// Seconds in which a server ends by itself.
    private static let grace = 20

    private var client: PodmanClient { supervisor.client }

    private var folders: ServerFolders { ServerFolders(supervisor) }

    private func names(_ environment: EnvironmentContext, _ resource: String) -> ServerNames {
        ServerNames(supervisor.names, environment, resource: resource)
    }

    /// The name by which workloads of the environment reach a server.
    package func serverHost(_ resource: String, in environment: EnvironmentContext) -> String {
        names(environment, resource).name
    }

    /// The folder on this machine with a server's sockets; only the runner's user comes there.
    package func serverSockets(_ resource: String, in environment: EnvironmentContext) -> String {
        folders.socket(names(environment, resource)).path
    }

    /// Has the server run: what runs from the same script stays, what was made from another one is made anew on the same data.
    ///
    /// - Parameter isRestarted: one that runs is stopped and started, so that its script runs with the secrets of now.
    package func ensureServer(_ server: EnvironmentServer, isRestarted: Bool = false) async throws(DeployError) {
        try await supervisor.isolation.ensure()
        let names = names(server.environment, server.resource)
        let standing = try await self.server(server)
        if standing.isRunning, standing.isCurrent, !isRestarted { return }
        try folders.make(names)
        try folders.write(server.secrets, names)
        do throws(PodmanFailure) {
            if standing.isRunning { try await client.stop(names.name, grace: Self.grace) }
            if !standing.isCurrent { try await client.removeContainer(names.name) }
            let network = supervisor.names.network(server.environment)
            try await client.ensureNetwork(
                network, bridge: supervisor.names.bridge(server.environment), labels: supervisor.names.labels(server.environment))
            try await client.ensureSandboxImage()
            try await client.ensureVolume(names.name, labels: names.labels)
            do throws(PodmanFailure) { try await client.create(specification(server, names, network)) } catch {
                if !error.isTaken { throw error }
            }
            try await client.start(names.name)
        } catch {
            throw Self.failure(error, names)
        }
    }

    /// The password of a server that runs is in its data; it is needed in no file any more.
    package func forgetServerSecrets(_ resource: String, in environment: EnvironmentContext) {
        folders.forgetSecrets(names(environment, resource))
    }

    package func server(_ server: EnvironmentServer) async throws(DeployError) -> ServerStanding {
        let names = names(server.environment, server.resource)
        do throws(PodmanFailure) { return try await look(server, names) } catch { throw Self.failure(error, names) }
    }

    /// Gone is done. The data go last.
    package func removeServer(_ resource: String, in environment: EnvironmentContext) async throws(DeployError) {
        let names = names(environment, resource)
        do throws(PodmanFailure) {
            try await client.stop(names.name, grace: Self.grace)
            try await client.removeContainer(names.name)
            try await client.removeVolumes(prefix: names.name)
        } catch {
            throw Self.failure(error, names)
        }
        folders.remove(names)
    }

    /// What a server wrote last, for people.
    package func serverWords(_ resource: String, in environment: EnvironmentContext) async -> String {
        let name = names(environment, resource).name
        let query = [("stdout", "true"), ("stderr", "true"), ("tail", "5")]
        guard let bytes = try? await client.call(.GET, "/containers/\(name)/logs", query: query) else { return "" }
        return PodmanClient.text(ofStream: bytes)
    }

    // MARK: The parts

    private static func failure(_ failure: PodmanFailure, _ names: ServerNames) -> DeployError {
        if failure.isTransient { return .podman(failure) }
        return DeployError(
            code: "DEP-003", kind: .failed, message: "the server '\(names.name)' cannot be started: \(failure.message)")
    }

    private func look(_ server: EnvironmentServer, _ names: ServerNames) async throws(PodmanFailure) -> ServerStanding {
        var standing = ServerStanding(isMade: false, isRunning: false, hasData: false, isCurrent: false)
        do throws(PodmanFailure) {
            let found = try await client.json(.GET, "/containers/\(names.name)/json")
            guard found["Config"]?["Labels"]?[ServerNames.resourceLabel]?.string == server.resource else {
                throw PodmanFailure.answered(status: 409, message: "the container '\(names.name)' is not this resource's")
            }
            standing.isMade = true
            standing.isRunning = found["State"]?["Running"]?.bool == true
            standing.isCurrent = found["Config"]?["Labels"]?[Self.scriptLabel]?.string == digest(server)
        } catch {
            if !error.isMissing { throw error }
        }
        do throws(PodmanFailure) {
            let found = try await client.json(.GET, "/volumes/\(names.name)/json")
            guard found["Labels"]?[ServerNames.resourceLabel]?.string == server.resource else {
                throw PodmanFailure.answered(status: 409, message: "the volume '\(names.name)' is not this resource's")
            }
            standing.hasData = true
        } catch {
            if !error.isMissing { throw error }
        }
        return standing
    }

    private func digest(_ server: EnvironmentServer) -> String {
        SHA256.hex("\(server.script)\0\(server.memory ?? 0)", digits: 16)
    }

    private func specification(_ server: EnvironmentServer, _ names: ServerNames, _ network: String) -> JSON {
        func bind(_ source: String, _ destination: String, readOnly: Bool = true) -> JSON {
            ContainerSpecification.bind(source, destination, readOnly: readOnly)
        }
        var labels = names.labels
        labels[Self.scriptLabel] = digest(server)
        labels[ResourceNames.Label.action] = server.action
        var specification: JSON = [
            "name": .string(names.name), "image": .string(ContainerSpecification.sandboxImage),
            "entrypoint": ["/usr/bin/sh", "-c", .string(server.script)], "command": [], "user": .string(Self.user),
            "env": ["PATH": "/usr/bin", "LC_ALL": "C.UTF-8"], "hostname": .string(names.name),
            "netns": ["nsmode": "bridge"], "Networks": .object([network: ["aliases": [.string(names.name)]]]),
            "mounts": [
                bind("/usr", "/usr"), bind("/bin", "/bin"), bind("/lib", "/lib"), bind("/lib64", "/lib64"),
                bind(folders.own(names).folder("passwd").path, "/etc/passwd"),
                bind(folders.socket(names).path, "/martlet/socket", readOnly: false),
                bind(folders.secrets(names).path, "/martlet/secrets"),
                [
                    "type": "tmpfs", "source": "tmpfs", "destination": "/tmp",
                    "options": ["rw", "nosuid", "nodev", "mode=1777", "size=67108864"],
                ],
            ],
            "volumes": [["Name": .string(names.name), "Dest": "/martlet/data", "Options": ["rw", "U", "nocopy"]]],
            "labels": .object(labels.mapValues(JSON.string)),
            "log_configuration": ["driver": "k8s-file", "size": .int(supervisor.configuration.outputLimit)],
            "restart_policy": "always", "httpproxy": false, "stop_timeout": .int(Int64(Self.grace)),
            // SIGINT: a server that waited for its clients to go would have to be killed.
            "stop_signal": 2, "read_only_filesystem": true,
            "no_new_privileges": true, "cap_drop": ["ALL"],
        ]
        if let memory = server.memory { specification["resource_limits"] = ["memory": ["limit": .int(memory)]] }
        return specification
    }
}
