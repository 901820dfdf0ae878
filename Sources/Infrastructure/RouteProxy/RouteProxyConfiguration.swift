/// Where the route proxy keeps its files, how HAProxy is reached and where it listens.
package struct RouteProxyConfiguration: Sendable, Hashable {
    /// Owned by us: `haproxy.cfg`, `routes.map`, `state.json`, `lock`. HAProxy only reads it.
    package var folder: String
    /// HAProxy's runtime API (`stats socket`), made by HAProxy; under 107 bytes. Its folder must be ours alone.
    package var runtimeSocket: String
    /// The master's socket: the `-S` of HAProxy's command line.
    package var masterSocket: String
    /// Where people connect: `127.0.0.1:8080`, `:80`; the latter is the socket that systemd passes to HAProxy, where it does.
    package var binds: [String]
    /// Backends declared at first; doubled by a reload when more services have routes.
    package var pool: Int
    /// The longest that one command to HAProxy may take.
    package var commandTimeout: Duration

    package init(
        folder: String, runtimeSocket: String, masterSocket: String, binds: [String], pool: Int = 64,
        commandTimeout: Duration = .seconds(5)
    ) {
        self.folder = folder
        self.runtimeSocket = runtimeSocket
        self.masterSocket = masterSocket
        self.binds = binds
        self.pool = max(1, pool)
        self.commandTimeout = commandTimeout
    }

    package var configurationFile: String { folder + "/haproxy.cfg" }
    package var mapFile: String { folder + "/routes.map" }
    package var stateFile: String { folder + "/state.json" }
    package var lockFile: String { folder + "/lock" }
}
