import PlatformModel
import Testing

@testable import RouteProxy

struct RouteTableTests {
    private func key(_ workload: String, org: String = "acme", env: String = "dev") -> ServiceKey {
        ServiceKey(orgID: org, appID: "shop", envID: env, workload: workload, port: 80)
    }

    @Test(
        "A host and path are refused in words that name them",
        arguments: [
            ("", "/", "RTE-101"), ("a b", "/", "RTE-101"), ("-a.test", "/", "RTE-101"), ("a..test", "/", "RTE-101"),
            ("a.test;show info", "/", "RTE-101"), ("a.test\n", "/", "RTE-101"), ("[::1]", "/", "RTE-101"),
            (String(repeating: "a", count: 64) + ".test", "/", "RTE-101"),
            ("a.test", "", "RTE-102"), ("a.test", "api", "RTE-102"), ("a.test", "/a b", "RTE-102"),
            ("a.test", "/../b", "RTE-102"),
            ("a.test", "//b", "RTE-102"), ("a.test", "/a;b", "RTE-102"), ("a.test", "/a%2e", "RTE-102"),
            ("a.test", "/a?b", "RTE-102"),
            ("a.test", "/a\n", "RTE-102"), ("a.test", "/" + String(repeating: "a", count: 1024), "RTE-102"),
        ])
    func refused(host: String, path: String, code: String) {
        var table = RouteTable(pool: 2)
        let error = #expect(throws: RouteProxyError.self) {
            try table.set(Route(id: "1", host: host, path: path, service: key("w")))
        }
        #expect(error?.code == code && error?.kind == .invalid)
        #expect(table == RouteTable(pool: 2))
    }

    @Test("A claim on another's host or path is refused and does not name the other")
    func claims() throws {
        var table = RouteTable(pool: 4)
        try table.set(Route(id: "1", host: "a.test", path: "/x", service: key("w", org: "acme")))
        let foreign = #expect(throws: RouteProxyError.self) {
            try table.set(Route(id: "2", host: "A.test", path: "/login", service: key("w", org: "globex")))
        }
        #expect(
            foreign?.code == "RTE-201" && foreign?.message.contains("acme") == false
                && foreign?.message.contains("a.test") == true)
        let same = #expect(throws: RouteProxyError.self) {
            try table.set(Route(id: "2", host: "a.test", path: "/x/", service: key("w", env: "other")))
        }
        #expect(same?.code == "RTE-202" && same?.message.contains("/x") == true && same?.message.contains("dev") == false)
        try table.set(Route(id: "2", host: "a.test", path: "/y", service: key("w", env: "other")))
        table.removeRoute(id: "1")
        table.removeRoute(id: "2")
        try table.set(Route(id: "2", host: "a.test", path: "/login", service: key("w", org: "globex")))
        #expect(table.map.keys.sorted() == ["a.test/login/"])
    }

    @Test("Only a routed service has a backend, and one given back rests before it is used again")
    func backends() throws {
        var table = RouteTable(pool: 2)
        try table.set([ServiceEndpoint(address: "10.0.0.1", port: 80)], of: key("a"))
        #expect(table.service(key("a"))?.backend == nil)
        try table.set(Route(id: "1", host: "a.test", service: key("a")))
        #expect(table.service(key("a"))?.backend == 0)
        table.removeRoute(id: "1")
        #expect(table.service(key("a")) == RoutedService(key: key("a"), endpoints: [.init(address: "10.0.0.1", port: 80)]))
        try table.set(Route(id: "2", host: "b.test", service: key("b")))
        #expect(table.service(key("b"))?.backend == 1)
        try table.set(Route(id: "1", host: "a.test", service: key("a")))
        #expect(table.pool == 2)
        try table.set(Route(id: "3", host: "c.test", service: key("c")))
        #expect(table.pool == 4)
        #expect(Set(table.map.values).count == 3)
        let copy = try JSON.decode(RouteTable.self, from: try JSON.encode(table))
        #expect(copy == table)
    }

    @Test(
        "An endpoint is an address and a port",
        arguments: [("web", 80), ("10.0.0.1", 0), ("10.0.0.1", 65_536), ("10.0.0.1;x", 80)])
    func endpoints(address: String, port: Int) {
        var table = RouteTable(pool: 1)
        #expect(throws: RouteProxyError.self) { try table.set([ServiceEndpoint(address: address, port: port)], of: key("a")) }
        #expect(table.services.isEmpty)
    }
}
