import Logging
import RouteProxy
import TestSupport

/// A route proxy with its HAProxy, and upstreams that answer their own names.
struct RouteProxyFixture {
    let haproxy: PrivateHAProxy
    let upstreams: PrivateHAProxy
    let proxy: RouteProxy
    private let ports: [ReservedPort]
    /// Where the upstream of each name answers.
    let endpoints: [String: ServiceEndpoint]

    static let red = ServiceKey(orgID: "acme", appID: "shop", envID: "dev", workload: "red", port: 80)
    static let blue = ServiceKey(orgID: "acme", appID: "shop", envID: "dev", workload: "blue", port: 80)

    init(pool: Int = 64, upstreams names: [String] = ["red", "blue"]) async throws {
        upstreams = try PrivateHAProxy()
        var text = """
            global
                stats socket \(upstreams.runtimeSocket) mode 600 level admin
            defaults
                mode http
                timeout connect 2s
                timeout client 30s
                timeout server 30s

            """
        var endpoints: [String: ServiceEndpoint] = [:]
        ports = try names.map { _ in try ReservedPort() }
        for (name, port) in zip(names, ports.map(\.number)) {
            endpoints[name] = ServiceEndpoint(address: "127.0.0.1", port: port)
            text += "frontend \(name)\n    bind 127.0.0.1:\(port)\n"
            text += "    http-request return status 200 content-type text/plain string \"\(name)\"\n"
        }
        self.endpoints = endpoints
        let folder = try TemporaryFolder("upstreams")
        try await upstreams.start(configurationFile: try folder.write(text, to: "upstreams.cfg"))
        haproxy = try PrivateHAProxy()
        proxy = RouteProxy(
            configuration: RouteProxyConfiguration(
                folder: haproxy.folder, runtimeSocket: haproxy.runtimeSocket, masterSocket: haproxy.masterSocket,
                binds: ["127.0.0.1:\(haproxy.port)"], pool: pool),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await proxy.prepare()
        try await start()
    }

    func start() async throws { try await haproxy.start(configurationFile: proxy.configuration.configurationFile) }

    func get(_ host: String, _ path: String = "/") async -> LoopbackHTTP.Answer {
        await LoopbackHTTP.get(path, host: host, port: haproxy.port)
    }

    func stop() {
        haproxy.kill()
        upstreams.kill()
    }
}
