import TestSupport

/// One short file a program: what it leaves out has its default.
extension Appliance {
    func writeConfigurations() throws {
        try folder.write(
            "database: \(database.dsn())\nmigrations: \(PrivatePostgres.migrations)\n"
                + "sockets: {orchestrator: \(socket(.orchestrator)), gateway: \(socket(.gateway))}\n"
                + "root_key: {file: \(file("root-key")), owner: \"\(RoomName.broker.uid)\"}\n", to: "admin.yaml")
        try write(.broker, callers: [.orchestrator, .runner], "root_key_file: \(file("root-key"))")
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
            tls: {certificate: \(file("gateway/certificate.pem")), key: \(file("gateway/key.pem")), names: [127.0.0.1]}
            rooms: {orchestrator: \(socket(.orchestrator)), logs: \(socket(.logs))}
            \(slapd.gatewaySection)
            """)
    }

    private func write(_ room: RoomName, callers: [RoomName], _ rest: String) throws {
        let names = callers.map { "\($0.rawValue): \"\($0.uid)\"" }.joined(separator: ", ")
        try folder.write(
            "socket: \(socket(room))\ncallers: {\(names)}\ndatabase: \(database.dsn(role: "martlet_\(room.rawValue)"))\n\(rest)\n",
            to: "\(room.rawValue).yaml")
    }
}
