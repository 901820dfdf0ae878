import Logging
import RouteProxy
import TestSupport
import Testing

/// With a real HAProxy on loopback.
@Suite(.serialized, .timeLimit(.minutes(10)))
struct RouteProxyTests {
    @Test("A route is added, changed and removed, and its path is a prefix of segments")
    func life() async throws {
        let fixture = try await RouteProxyFixture()
        defer { fixture.stop() }
        let red = try #require(fixture.endpoints["red"]), blue = try #require(fixture.endpoints["blue"])
        #expect(await fixture.get("shop.test").status == 404)
        try await fixture.proxy.setRoute(Route(id: "1", host: "Shop.Test.", service: RouteProxyFixture.red))
        #expect(await fixture.get("shop.test").status == 503, "a service without endpoints")
        #expect(await fixture.get("shop.test").body.contains("Not ready"))
        try await fixture.proxy.setEndpoints([red], of: RouteProxyFixture.red)
        try await fixture.proxy.setEndpoints([blue], of: RouteProxyFixture.blue)
        try await fixture.proxy.setRoute(Route(id: "2", host: "shop.test", path: "/api/", service: RouteProxyFixture.blue))
        for (host, path, body) in [
            ("shop.test", "/", "red"), ("SHOP.test:8080", "/x", "red"), ("shop.test.", "/apis", "red"),
            ("shop.test", "/api", "blue"), ("shop.test", "/api/", "blue"), ("shop.test", "/api/x?y=/", "blue"),
        ] {
            #expect(await fixture.get(host, path) == .init(status: 200, body: body), "\(host)\(path)")
        }
        #expect(await fixture.get("shop.test.evil", "/").status == 404)
        #expect(await fixture.get("other.test", "/").body.contains("No route leads here"))
        #expect(try await fixture.proxy.reconcile() == 0, "nothing is left to do")

        try await fixture.proxy.setRoute(Route(id: "2", host: "shop.test", path: "/v2", service: RouteProxyFixture.blue))
        #expect(await fixture.get("shop.test", "/api").body == "red")
        #expect(await fixture.get("shop.test", "/v2").body == "blue")
        try await fixture.proxy.removeRoute(id: "2")
        try await fixture.proxy.removeRoute(id: "2")
        #expect(await fixture.get("shop.test", "/v2").body == "red")
        try await fixture.proxy.setEndpoints([], of: RouteProxyFixture.red)
        #expect(await fixture.get("shop.test").status == 503)
        #expect(try await fixture.proxy.endpoints(of: RouteProxyFixture.red).isEmpty)
        #expect(try await fixture.proxy.route(id: "1")?.host == "shop.test")
        #expect(try await fixture.proxy.route(id: "2") == nil)
    }

    @Test("HAProxy that is killed and started again has the same routes before anyone tells it")
    func restart() async throws {
        let fixture = try await RouteProxyFixture()
        defer { fixture.stop() }
        let red = try #require(fixture.endpoints["red"]), blue = try #require(fixture.endpoints["blue"])
        try await fixture.proxy.setEndpoints([red], of: RouteProxyFixture.red)
        try await fixture.proxy.setRoute(Route(id: "1", host: "a.test", service: RouteProxyFixture.red))
        fixture.haproxy.kill()
        #expect(await fixture.get("a.test").status == 0)

        let refused = await #expect(throws: RouteProxyError.self) {
            try await fixture.proxy.setRoute(Route(id: "2", host: "b.test", service: RouteProxyFixture.blue))
        }
        #expect(refused?.kind == .unavailable)
        try await fixture.start()
        #expect(await fixture.get("a.test").body == "red")
        #expect(await fixture.get("b.test").status == 503, "what was asked for while HAProxy was away is kept")
        try await fixture.proxy.setEndpoints([blue], of: RouteProxyFixture.blue)
        #expect(await fixture.get("b.test").body == "blue")
    }

    @Test("The folder is made, a damaged state is refused and never replaced, and the errors name the file")
    func files() async throws {
        let folder = try TemporaryFolder("routes")
        let configuration = RouteProxyConfiguration(
            folder: folder.file("routes"), runtimeSocket: folder.file("none.sock"), masterSocket: folder.file("none.sock"),
            binds: ["127.0.0.1:1"])
        let proxy = RouteProxy(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        try await proxy.prepare()
        #expect(folder.read("routes/haproxy.cfg")?.contains("bind 127.0.0.1:1") == true)
        #expect(folder.read("routes/routes.map") == "")
        #expect(folder.read("routes/haproxy.cfg")?.contains("fd@") == false)
        try folder.write("{\"pool\": 1", to: "routes/state.json")
        let damaged = await #expect(throws: RouteProxyError.self) { try await proxy.removeRoute(id: "1") }
        #expect(damaged?.code == "RTE-403" && damaged?.message.contains(configuration.stateFile) == true)
        #expect(folder.read("routes/state.json") == "{\"pool\": 1")
    }

    @Test("Port 80 is the socket that was passed, or its own where none was")
    func passedSocket() async throws {
        let folder = try TemporaryFolder("routes")
        let configuration = RouteProxyConfiguration(
            folder: folder.file("routes"), runtimeSocket: folder.file("none.sock"), masterSocket: folder.file("none.sock"),
            binds: [":80", "127.0.0.1:1"])
        try await RouteProxy(configuration: configuration, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            .prepare()
        let text = try #require(folder.read("routes/haproxy.cfg"))
        #expect(
            text.contains(
                """
                frontend routes
                    .if defined(LISTEN_FDS)
                        bind fd@3
                    .else
                        bind :80
                    .endif
                    bind 127.0.0.1:1
                    http-request
                """), "\(text)")
        let checked = try await CommandRun(["/usr/sbin/haproxy", "-c", "-f", folder.file("routes/haproxy.cfg")])
        #expect(checked.code == 0, "\(checked.error)")
    }

    @Test("What HAProxy lost or got from somebody else is put right in the background")
    func reconciliation() async throws {
        let fixture = try await RouteProxyFixture()
        defer { fixture.stop() }
        let red = try #require(fixture.endpoints["red"])
        try await fixture.proxy.setEndpoints([red], of: RouteProxyFixture.red)
        try await fixture.proxy.setRoute(Route(id: "1", host: "a.test", service: RouteProxyFixture.red))
        let socket = RuntimeCommand(path: fixture.haproxy.runtimeSocket)
        let map = fixture.proxy.configuration.mapFile
        #expect(socket.run("clear map \(map)") == "")
        #expect(socket.run("add map \(map) evil.test/ b0") == "")
        #expect(socket.run("set server b0/\(red.address)_\(red.port) state maint") == "")
        #expect(await fixture.get("a.test").status == 404)
        #expect(try await fixture.proxy.reconcile() == 3)
        #expect(await fixture.get("a.test").body == "red")
        #expect(await fixture.get("evil.test").status == 404)
    }

    @Test("A pool that is too small grows by a reload, and a second proxy on the folder sees the same")
    func growth() async throws {
        let fixture = try await RouteProxyFixture(pool: 1)
        defer { fixture.stop() }
        for (index, name) in ["red", "blue", "red"].enumerated() {
            let key = ServiceKey(orgID: "acme", appID: "shop", envID: "dev", workload: "w\(index)", port: 80)
            try await fixture.proxy.setEndpoints([try #require(fixture.endpoints[name])], of: key)
            try await fixture.proxy.setRoute(Route(id: "\(index)", host: "h\(index).test", service: key))
            #expect(await fixture.get("h\(index).test").body == name)
        }
        #expect(await fixture.get("h0.test").body == "red")
        let second = RouteProxy(configuration: fixture.proxy.configuration, logger: .init(label: "second"))
        #expect(try await second.reconcile() == 0)
    }

    @Test("No request is lost while routes, servers and workers change")
    func nothingLost() async throws {
        let names = (0..<4).map { "r\($0)" }
        let fixture = try await RouteProxyFixture(pool: 2, upstreams: names)
        defer { fixture.stop() }
        let endpoints = try names.map { try #require(fixture.endpoints[$0]) }
        try await fixture.proxy.setEndpoints([endpoints[0]], of: RouteProxyFixture.red)
        try await fixture.proxy.setRoute(Route(id: "1", host: "a.test", service: RouteProxyFixture.red))

        let results = try await withThrowingTaskGroup(of: [LoopbackHTTP.Answer].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var answers: [LoopbackHTTP.Answer] = []
                    while !Task.isCancelled { answers.append(await fixture.get("a.test", "/page")) }
                    return answers
                }
            }
            for round in 0..<30 {
                // A rollout, a route of a neighbour that comes and goes, and services enough for two reloads.
                try await fixture.proxy.setEndpoints([endpoints[(round + 1) % 4]], of: RouteProxyFixture.red)
                let key = ServiceKey(orgID: "acme", appID: "shop", envID: "dev", workload: "n\(round % 7)", port: 80)
                try await fixture.proxy.setRoute(Route(id: "n\(round % 7)", host: "n\(round % 7).test", service: key))
                try await fixture.proxy.setRoute(
                    Route(id: "1", host: "a.test", path: round % 2 == 0 ? "/page" : "/", service: RouteProxyFixture.red))
                if round % 5 == 4 { try await fixture.proxy.removeRoute(id: "n0") }
            }
            group.cancelAll()
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let lost = results.filter { $0.status != 200 }
        #expect(lost.count == 0, "of \(results.count): \(lost.prefix(3))")
        #expect(results.count > 100)
        #expect(Set(results.map(\.body)) == Set(names), "every upstream served")
    }
}
