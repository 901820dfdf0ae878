import Testing

@testable import RouteProxy

struct ProxyCommandTests {
    private let key = ServiceKey(orgID: "acme", appID: "shop", envID: "dev", workload: "web", port: 80)

    @Test("Servers come before the entries that lead to them, and leave in steps")
    func order() throws {
        var table = RouteTable(pool: 4)
        let new = ServiceEndpoint(address: "10.0.0.2", port: 80)
        try table.set([new], of: key)
        try table.set(Route(id: "1", host: "a.test", service: key))
        let running = RunningProxy(
            mark: "", pid: 1, map: ["old.test/": "b1", "a.test/": "b3"],
            servers: [
                RunningServer(backend: "b0", name: "10.0.0.1_80", state: .ready, sessions: 2),
                RunningServer(backend: "b1", name: "10.0.0.9_80", state: .ready, sessions: 0),
                RunningServer(backend: "b2", name: "10.0.0.8_80", state: .draining, sessions: 0),
                RunningServer(backend: "b2", name: "10.0.0.7_80", state: .draining, sessions: 1),
                RunningServer(backend: "b2", name: "10.0.0.6_80", state: .maintenance, sessions: 0),
            ])
        #expect(
            ProxyCommand.changes(from: running, to: table) == [
                .addServer(backend: "b0", new), .drainServer(backend: "b0", name: "10.0.0.1_80"),
                .setMap(key: "a.test/", backend: "b0"), .deleteMap(key: "old.test/"),
                .drainServer(backend: "b1", name: "10.0.0.9_80"),
                .removeServer(backend: "b2", name: "10.0.0.8_80"), .removeServer(backend: "b2", name: "10.0.0.6_80"),
            ])
    }

    @Test("A server that was to leave and is wanted again is made ready")
    func again() throws {
        var table = RouteTable(pool: 1)
        try table.set([ServiceEndpoint(address: "10.0.0.1", port: 80)], of: key)
        try table.set(Route(id: "1", host: "a.test", service: key))
        var running = RunningProxy(
            mark: "", pid: 1, map: ["a.test/": "b0"],
            servers: [RunningServer(backend: "b0", name: "10.0.0.1_80", state: .maintenance, sessions: 0)])
        #expect(ProxyCommand.changes(from: running, to: table) == [.readyServer(backend: "b0", name: "10.0.0.1_80")])
        running.servers[0].state = .ready
        #expect(ProxyCommand.changes(from: running, to: table).isEmpty)
    }

    @Test("HAProxy's answers are read by their column names")
    func parsing() {
        let state = """
            1
            # be_id be_name srv_id srv_name srv_addr srv_op_state srv_admin_state srv_uweight
            4 b1 1 10.0.0.1_80 10.0.0.1 2 8 1
            4 b1 2 10.0.0.2_80 10.0.0.2 0 1 1
            4 b1 3 10.0.0.3_80 10.0.0.3 2 0 1
            """
        let sessions = RunningProxy.sessions(in: "# pxname,svname,qcur,qmax,scur,smax\nb1,10.0.0.1_80,1,0,2,5\n")
        #expect(
            RunningProxy.servers(in: state, sessions: sessions) == [
                RunningServer(backend: "b1", name: "10.0.0.1_80", state: .draining, sessions: 3),
                RunningServer(backend: "b1", name: "10.0.0.2_80", state: .maintenance, sessions: 0),
                RunningServer(backend: "b1", name: "10.0.0.3_80", state: .ready, sessions: 0),
            ])
        #expect(RunningProxy.servers(in: "Permission denied", sessions: [:]).isEmpty)
        #expect(RunningProxy.entries(in: "0x55a a.test/ b0\n\n") == ["a.test/": "b0"])
        #expect(RunningProxy.information(in: "Pid: 4\ndescription: m-1") == ["Pid": "4", "description": "m-1"])
    }
}
