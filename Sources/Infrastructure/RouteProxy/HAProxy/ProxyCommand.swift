/// One change of the running HAProxy.
enum ProxyCommand: Sendable, Hashable {
    case addServer(backend: String, ServiceEndpoint)
    case readyServer(backend: String, name: String)
    case drainServer(backend: String, name: String)
    case removeServer(backend: String, name: String)
    case addMap(key: String, backend: String)
    case setMap(key: String, backend: String)
    case deleteMap(key: String)

    /// What turns the running proxy into the table, in an order in which no request finds a gap: servers that come, servers
    /// that go where the backend stays in use, entries that come or change, entries that go, then the other servers that go.
    /// A server is deleted when it serves nothing any more.
    ///
    /// Entries change one by one and not by `prepare map`/`commit map`: with two generations in one prefix tree HAProxy 2.6
    /// can answer a look-up with a neighbour's entry, which would be another tenant's backend.
    static func changes(from running: RunningProxy, to table: RouteTable) -> [ProxyCommand] {
        var wanted: [String: [String: ServiceEndpoint]] = [:]
        for service in table.services {
            guard let backend = service.backend else { continue }
            for endpoint in service.endpoints {
                wanted[RouteTable.name(ofBackend: backend), default: [:]][endpoint.serverName] = endpoint
            }
        }
        var arriving: [ProxyCommand] = [], replaced: [ProxyCommand] = [], leaving: [ProxyCommand] = []
        var missing = wanted
        let used = Set(table.services.compactMap(\.backend).map(RouteTable.name(ofBackend:)))
        for server in running.servers {
            if missing[server.backend]?.removeValue(forKey: server.name) != nil {
                if server.state != .ready { arriving.append(.readyServer(backend: server.backend, name: server.name)) }
            } else if server.state == .ready {
                let drain = ProxyCommand.drainServer(backend: server.backend, name: server.name)
                if used.contains(server.backend) { replaced.append(drain) } else { leaving.append(drain) }
            } else if server.sessions == 0 {
                leaving.append(.removeServer(backend: server.backend, name: server.name))
            }
        }
        for (backend, endpoints) in missing.sorted(by: { $0.key < $1.key }) {
            for endpoint in endpoints.values.sorted() { arriving.append(.addServer(backend: backend, endpoint)) }
        }
        let map = table.map
        let gone = running.map.keys.sorted().filter { map[$0] == nil }.map { ProxyCommand.deleteMap(key: $0) }
        let changed = map.sorted { $0.key < $1.key }.filter { running.map[$0.key] != $0.value }.map { key, backend in
            running.map[key] == nil ? ProxyCommand.addMap(key: key, backend: backend) : .setMap(key: key, backend: backend)
        }
        return arriving + replaced + changed + gone + leaving
    }

    /// Does it. False when HAProxy cannot yet: a server with idle connections stays until they have gone.
    func run(through socket: RuntimeSocket, mapFile: String) throws(RouteProxyError) -> Bool {
        switch self {
        case .addServer(let backend, let endpoint):
            let server = "\(backend)/\(endpoint.serverName)"
            try expect("New server registered.", of: socket, "add server \(server) \(endpoint) pool-purge-delay 1s")
            try expect("", of: socket, "enable server \(server)")
        case .readyServer(let backend, let name): try expect("", of: socket, "set server \(backend)/\(name) state ready")
        case .drainServer(let backend, let name): try expect("", of: socket, "set server \(backend)/\(name) state drain")
        case .removeServer(let backend, let name):
            try expect("", of: socket, "set server \(backend)/\(name) state maint")
            let answer = try socket.command("del server \(backend)/\(name)")
            return answer == "Server deleted." || answer == "No such server."
        case .addMap(let key, let backend): try expect("", of: socket, "add map \(mapFile) \(key) \(backend)")
        case .setMap(let key, let backend): try expect("", of: socket, "set map \(mapFile) \(key) \(backend)")
        case .deleteMap(let key): try expect("", of: socket, "del map \(mapFile) \(key)")
        }
        return true
    }

    private func expect(_ answer: String, of socket: RuntimeSocket, _ command: String) throws(RouteProxyError) {
        let given = try socket.command(command)
        guard given == answer else {
            throw RouteProxyError(.failed, "RTE-302", "HAProxy refused '\(command.prefix(200))': \(given.prefix(200))")
        }
    }
}
