import Glibc
import TestSupport

/// One short file a program: what it leaves out has its default.
extension Appliance {
    func writeConfigurations() throws {
        try folder.write(
            "database: \(dsn())\nmigrations: \(PrivatePostgres.migrations)\n"
                + "sockets: {orchestrator: \(socket(.orchestrator)), gateway: \(socket(.gateway))}\n"
                + "root_key: {file: \(file("root-key")), owner: \"\(RoomName.broker.uid)\"}\n", to: "admin.yaml")
        try write(
            .broker, callers: [.orchestrator, .runner],
            "root_key_file: \(file("root-key"))\naudit_heads_file: \(heads)\naudit_head_seconds: 1")
        try write(.logs, callers: [.gateway, .orchestrator, .runner, .broker], "retention: {interval: 1}")
        try write(
            .runner, callers: [.orchestrator],
            """
            rooms: {broker: \(socket(.broker)), logs: \(socket(.logs))}
            podman:
              socket: \(podman.socket)
              secrets: \(podman.folder)/system/secrets
              output: \(podman.folder)/system/output
              probes: \(podman.folder)/system/p
              martlet_env: \(podman.martletEnv)
            drivers: {http: [127.0.0.1]}
            actions: {heartbeat_seconds: 1}
            \(sandbox)
            """)
        try write(
            .orchestrator, callers: [.gateway],
            """
            rooms: {gateway: \(socket(.gateway)), runner: \(socket(.runner)), broker: \(socket(.broker)), logs: \(socket(.logs))}
            engine: {heartbeat_seconds: 1}
            """)
        try write(
            .gateway, callers: [.orchestrator, .logs],
            """
            listen: {host: 127.0.0.1, port: 1}
            api_document: \(Document.root)/docs/reference/openapi.json
            tls: {certificate: \(file("gateway/certificate.pem")), key: \(file("gateway/key.pem")), names: [127.0.0.1]}
            rooms: {orchestrator: \(socket(.orchestrator)), logs: \(socket(.logs))}
            rate_limits: {address: {per_second: 0}, token: {per_second: 0}, user: {per_second: 0}, organization: {per_second: 0}}
            \(slapd.gatewaySection)
            """)
    }

    /// Where the broker keeps the signed ends of the audit log.
    var heads: String { file("broker/audit-heads.jsonl") }

    private var sandbox: String {
        guard let launcher else { return "" }
        return "sandbox: {socket: \(launcher.socket)}\nexec: {images: {folder: \(file("images"))}}"
    }

    /// A second process of a room: what it asks is asked of the first ones, but for a runner of the second orchestrator's own.
    func configureSecond(_ room: RoomName, _ name: String, runner: String? = nil) throws {
        switch room {
        case .orchestrator:
            try write(
                .orchestrator, as: name, callers: [.gateway],
                """
                host: second
                rooms: {gateway: \(socket(.gateway)), runner: \(runner ?? socket(.runner)), broker: \(socket(.broker)), logs: \(socket(.logs))}
                engine: {heartbeat_seconds: 1}
                """)
        case .runner:
            for folder in ["s", "o", "q"] {
                let path = "\(podman.folder)/system/\(folder)"
                guard mkdir(path, 0o755) == 0 || errno == EEXIST, chown(path, room.uid, room.uid) == 0 else {
                    throw SystemFailure(path, errno)
                }
            }
            try write(
                .runner, as: name, callers: [.orchestrator],
                """
                host: second
                rooms: {broker: \(socket(.broker)), logs: \(socket(.logs))}
                podman:
                  socket: \(podman.socket)
                  secrets: \(podman.folder)/system/s
                  output: \(podman.folder)/system/o
                  probes: \(podman.folder)/system/q
                  martlet_env: \(podman.martletEnv)
                actions: {heartbeat_seconds: 1}
                """)
        default: throw Missing(what: "a second \(room)")
        }
    }

    private func write(_ room: RoomName, as name: String? = nil, callers: [RoomName], _ rest: String) throws {
        let name = name ?? room.rawValue, socket = file("\(name).sock")
        let names = callers.map { "\($0.rawValue): \"\($0.uid)\"" }.joined(separator: ", ")
        try folder.write(
            "socket: \(socket)\ncallers: {\(names)}\ndatabase: \(dsn(role: "martlet_\(room.rawValue)"))\n\(rest)\n",
            to: "\(name).yaml")
    }
}
