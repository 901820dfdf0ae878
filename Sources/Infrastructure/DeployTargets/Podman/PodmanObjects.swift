import NIOHTTP1
import PlatformModel

/// A container as Podman lists it.
struct ListedContainer: Sendable, Hashable {
    var id: String
    var name: String
    var labels: [String: String]
    /// By its full name.
    var image: String
    var observation: ReplicaMachine.Observation

    init?(_ json: JSON) {
        guard let id = json["Id"]?.string, let name = json["Names"]?[0]?.string else { return nil }
        self.id = id
        self.name = name
        image = json["Image"]?.string ?? ""
        labels = (json["Labels"]?.object ?? [:]).compactMapValues(\.string)
        let state: ReplicaMachine.Observation.State =
            switch json["State"]?.string {
            case "created", "configured", "initialized": .created
            case "running": .running
            case "exited", "stopped": .exited
            default: .other
            }
        observation = .init(
            state: state, run: Int64(json["Pid"]?.int ?? 0), exitCode: json["ExitCode"]?.int ?? 0,
            startedAt: Int64(json["StartedAt"]?.int ?? 0))
    }
}

/// What an image says about how it is run.
struct ImageConfiguration: Sendable, Hashable {
    var id: String
    var entrypoint: [String]
    var command: [String]
    /// `USER[:GROUP]`, as names or numbers; empty: root.
    var user: String

    init(_ json: JSON) {
        id = json["Id"]?.string ?? ""
        let config = json["Config"]
        entrypoint = (config?["Entrypoint"]?.array ?? []).compactMap(\.string)
        command = (config?["Cmd"]?.array ?? []).compactMap(\.string)
        user = config?["User"]?.string ?? ""
    }
}

extension PodmanClient {
    private static func filters(_ labels: [String: String]) -> String {
        JSON.object(["label": .array(labels.map { .string("\($0.key)=\($0.value)") })]).canonical
    }

    func containers(_ labels: [String: String]) async throws(PodmanFailure) -> [ListedContainer] {
        let list = try await json(.GET, "/containers/json", query: [("all", "true"), ("filters", Self.filters(labels))])
        return (list.array ?? []).compactMap(ListedContainer.init)
    }

    func image(_ name: String) async throws(PodmanFailure) -> ImageConfiguration {
        ImageConfiguration(try await json(.GET, "/images/\(PercentEncoding.encode(name))/json"))
    }

    /// The image is empty: martlet-env is mounted into it. An empty tar archive is 1024 NULs, here padded to a full record.
    func ensureSandboxImage() async throws(PodmanFailure) {
        do {
            _ = try await image(ContainerSpecification.sandboxImage)
        } catch {
            guard error.isMissing else { throw error }
            try await call(
                .POST, "/images/import", query: [("reference", ContainerSpecification.sandboxImage)],
                bytes: [UInt8](repeating: 0, count: 10_240))
        }
    }

    func create(_ specification: JSON) async throws(PodmanFailure) {
        try await call(.POST, "/containers/create", json: specification, timeout: .seconds(60))
    }

    /// Already running is done (304).
    func start(_ name: String) async throws(PodmanFailure) {
        try await call(.POST, "/containers/\(name)/start", timeout: .seconds(60))
    }

    /// SIGTERM, and SIGKILL after `grace` seconds. Not running, or not there, is done.
    func stop(_ name: String, grace: Int) async throws(PodmanFailure) {
        do {
            try await call(
                .POST, "/containers/\(name)/stop", query: [("timeout", String(grace))], timeout: .seconds(grace + 30))
        } catch {
            if !error.isMissing { throw error }
        }
    }

    /// Gone is done.
    func removeContainer(_ name: String) async throws(PodmanFailure) {
        do {
            try await call(
                .DELETE, "/containers/\(name)", query: [("force", "true"), ("v", "true"), ("timeout", "0")], timeout: .seconds(60)
            )
        } catch {
            if !error.isMissing { throw error }
        }
    }

    /// The sandbox's address in a network; nil while it does not run.
    func address(of name: String, in network: String) async throws(PodmanFailure) -> String? {
        let inspected = try await json(.GET, "/containers/\(name)/json")
        let address = inspected["NetworkSettings"]?["Networks"]?[network]?["IPAddress"]?.string
        return address?.isEmpty == false ? address : nil
    }

    /// Creates it, or finds it with the same labels: the name is derived, the labels say whose it is.
    func ensureNetwork(_ name: String, bridge: String, labels: [String: String]) async throws(PodmanFailure) {
        for _ in 0..<2 {
            do throws(PodmanFailure) {
                let found = try await json(.GET, "/networks/\(name)/json")
                let theirs = (found["labels"]?.object ?? [:]).compactMapValues(\.string)
                guard labels.allSatisfy({ theirs[$0.key] == $0.value }) else {
                    throw PodmanFailure.answered(status: 409, message: "network '\(name)' is not this environment's")
                }
                // No rule of isolation would hold for it.
                guard found["network_interface"]?.string == bridge else {
                    throw PodmanFailure.answered(
                        status: 409,
                        message: "network '\(name)' has not the bridge '\(bridge)'; delete the environment, and deploy it anew")
                }
                return
            } catch {
                if !error.isMissing { throw error }
            }
            do {
                let specification: JSON = [
                    "name": .string(name), "driver": "bridge", "network_interface": .string(bridge), "dns_enabled": true,
                    "labels": .object(labels.mapValues(JSON.string)),
                ]
                try await call(.POST, "/networks/create", json: specification)
                return
            } catch {
                // Another call made it in between.
                if !error.isTaken { throw error }
            }
        }
    }

    func removeNetwork(_ name: String) async throws(PodmanFailure) {
        do { try await call(.DELETE, "/networks/\(name)", query: [("force", "true")]) } catch {
            if !error.isMissing { throw error }
        }
    }

    func networks(_ labels: [String: String]) async throws(PodmanFailure) -> [String] {
        let list = try await json(.GET, "/networks/json", query: [("filters", Self.filters(labels))])
        return (list.array ?? []).compactMap { $0["name"]?.string }
    }

    func ensureVolume(_ name: String, labels: [String: String]) async throws(PodmanFailure) {
        do {
            try await call(
                .POST, "/volumes/create", json: ["Name": .string(name), "Label": .object(labels.mapValues(JSON.string))])
        } catch {
            if !error.isTaken { throw error }
        }
    }

    /// Those whose names begin with `prefix`.
    func removeVolumes(prefix: String) async throws(PodmanFailure) {
        let filter = JSON.object(["name": [.string(prefix)]]).canonical
        let list = try await json(.GET, "/volumes/json", query: [("filters", filter)])
        for name in (list.array ?? []).compactMap({ $0["Name"]?.string }) where name.hasPrefix(prefix) {
            do { try await call(.DELETE, "/volumes/\(name)", query: [("force", "true")]) } catch {
                if !error.isMissing { throw error }
            }
        }
    }

    /// Runs a command in a container; its exit code and what it printed (bounded).
    func exec(_ container: String, _ command: [String], timeout: Duration) async throws(PodmanFailure) -> (Int, String) {
        let made = try await json(
            .POST, "/containers/\(container)/exec",
            json: ["Cmd": .array(command.map(JSON.string)), "AttachStdout": true, "AttachStderr": true])
        guard let id = made["Id"]?.string else { throw .answered(status: 200, message: "exec without an id") }
        let output = try await call(.POST, "/exec/\(id)/start", json: ["Detach": false, "Tty": false], timeout: timeout)
        let code = try await json(.GET, "/exec/\(id)/json")["ExitCode"]?.int ?? -1
        return (code, Self.text(ofStream: output))
    }

    /// Podman's attach stream: frames of an 8-byte head (stream, length) and the bytes.
    static func text(ofStream bytes: [UInt8]) -> String {
        var out: [UInt8] = [], rest = bytes[...]
        while rest.count >= 8, out.count < 4096 {
            let head = Array(rest.prefix(8))
            let length = head[4...].reduce(0) { $0 << 8 | Int($1) }
            out += rest.dropFirst(8).prefix(length)
            rest = rest.dropFirst(8 + length)
        }
        return String(decoding: out.prefix(4096), as: UTF8.self).split(separator: "\n").last.map(String.init) ?? ""
    }
}
