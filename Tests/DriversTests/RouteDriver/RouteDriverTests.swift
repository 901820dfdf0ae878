import Drivers
import Logging
import PlatformModel
import PureDrivers
import RouteProxy
import TestSupport
import Testing

@Suite(.serialized, .timeLimit(.minutes(10)))
struct RouteDriverTests {
    private static let context = DriverContext(
        keepSecret: { _, make in make() }, keepCookie: { _ in }, progress: { _ in }, log: { _ in },
        now: { Timestamp(milliseconds: 0) },
        randomBytes: { [UInt8](repeating: 0, count: $0) })

    private func request(
        _ params: JSON, values: JSON = [:], org: String = "acme", id: String = "modules.web.externals.www",
        guResID: String = "aa01"
    ) -> DriverRequest {
        DriverRequest(
            key: "d1/n1/provision/1",
            environment: EnvironmentContext(orgID: org, appID: "shop", envID: "dev", envType: "development"),
            identity: ResourceIdentity(type: "route", id: id), guResID: guResID, params: params, values: values)
    }

    private func driver(of haproxy: PrivateHAProxy) -> (RouteDriver, RouteProxy) {
        let proxy = RouteProxy(
            configuration: RouteProxyConfiguration(
                folder: haproxy.folder, runtimeSocket: haproxy.runtimeSocket, masterSocket: haproxy.masterSocket,
                binds: ["127.0.0.1:\(haproxy.port)"]),
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        return (RouteDriver(proxy: proxy), proxy)
    }

    @Test("All that is wrong is told at once, with the nearest key")
    func check() throws {
        let haproxy = try PrivateHAProxy()
        defer { haproxy.kill() }
        let (driver, _) = driver(of: haproxy)
        let problems = driver.check(
            request(["hots": "a.test", "path": 3, "port": "http"], values: ["url_scheme": "htps"], id: "shared.www"))
        #expect(
            problems.map { "\($0.path): \($0.message) \($0.suggestion ?? "-")" } == [
                "params.hots: unknown key host", "params.path: a string is needed, not number -",
                "params.port: a port is a number from 1 to 65535 -",
                "params.host: missing; name the host, such as ${resources.dns.host}, or give the definition a value 'host' -",
                "params.service: missing; a shared route names the workload that it leads to -",
                "driver_inputs.values.url_scheme: 'htps' is not http or https https",
            ])
        #expect(driver.check(request(["host": "a b", "port": 80])).map(\.path) == ["params"])
        #expect(driver.check(request(["host": "a.test"])).map(\.path) == ["params.port"])
        #expect(driver.check(request(["host": "a.test", "port": "80"])).isEmpty)
    }

    @Test("A route is made, found, changed, refused to others and removed")
    func life() async throws {
        let haproxy = try PrivateHAProxy()
        defer { haproxy.kill() }
        let (driver, proxy) = driver(of: haproxy)
        let first = request(["host": "Shop.Test", "port": 8080], values: ["url_scheme": "https", "url_port": 8443])
        func foreseen(_ action: ForeseenAction, _ request: DriverRequest) async throws -> [String] {
            (try await driver.effects(of: action, request, Self.context)?.effects ?? []).map {
                "\($0.action.rawValue) \($0.object)"
            }
        }
        #expect(try await driver.find(first, Self.context) == .absent)
        #expect(try await foreseen(.provision, first) == ["create route https://shop.test:8443/"])
        #expect(try await foreseen(.destroy, first) == [])
        try await proxy.prepare()
        let away = await #expect(throws: DriverError.self) { try await driver.provision(first, Self.context) }
        #expect(away?.kind == .transient && away?.code == "DRV-403")
        try await haproxy.start(configurationFile: proxy.configuration.configurationFile)

        let result = try await driver.provision(first, Self.context)
        #expect(try await foreseen(.provision, first) == [])
        #expect(try await foreseen(.destroy, first) == ["delete route https://shop.test:8443/"])
        #expect(try await foreseen(.anew, first) == ["create route https://shop.test:8443/"])
        #expect(
            result.values == [
                "host": "shop.test", "path": "/", "port": 8080, "service": "web", "url": "https://shop.test:8443/",
            ])
        #expect(try await driver.provision(first, Self.context) == result)
        #expect(try await driver.find(first, Self.context) == .present(result))

        let foreign = request(["host": "shop.test", "path": "/login", "port": 80], org: "globex", guResID: "bb02")
        let refused = await #expect(throws: DriverError.self) { try await driver.provision(foreign, Self.context) }
        #expect(refused?.kind == .refused && refused?.message.contains("acme") == false)

        let changed = request(["path": "/v2/", "port": 80, "service": "api"], values: ["host": "shop.test"])
        #expect(try await driver.find(changed, Self.context) == .absent)
        #expect(try await foreseen(.provision, changed) == ["update route http://shop.test/v2"])
        #expect(try await driver.provision(changed, Self.context).values["url"] == "http://shop.test/v2")
        #expect(try await driver.find(first, Self.context) == .absent)
        try await driver.destroy(changed, Self.context)
        try await driver.destroy(changed, Self.context)
        #expect(try await proxy.route(id: "aa01") == nil)
        _ = try await driver.provision(foreign, Self.context)
    }
}
