import Manifests
import PlatformModel
import Testing

@Suite struct IngressTests {
    private func workload(_ ingress: String, hosts: [String: String] = ["externals.front": "shop.example.com"]) throws
        -> WorkloadInput
    {
        var given = try input(
            "containers: {main: {image: x}}\nservice: {ports: {http: {service_port: 80, container_port: 8080}}}\ningress: \(ingress)"
        )
        given.hosts = hosts
        given.namespace = "shop"
        return given
    }

    @Test("Rules name a dependency's host, or a host; a path leads to a port of the workload's service")
    func rules() throws {
        let given = try workload(
            """
            {class: nginx, tls_secret_name: cert, labels: {a: b}, annotations: {c: d},
              rules: {externals.front: {http: {/: {port: 80, type: prefix}, /exact: {port: http, type: exact}}},
                www.example.com: {http: {/: {port: 80}}}}}
            """)
        let object = try #require(try WorkloadRenderer.render(given).objects.last)
        #expect(object["kind"] == "Ingress" && object["apiVersion"] == "networking.k8s.io/v1")
        #expect(object["metadata"]?["labels"]?["a"] == "b" && object["metadata"]?["annotations"] == ["c": "d"])
        #expect(object["metadata"]?["namespace"] == "shop" && object["metadata"]?["name"] == "web")
        let service: (JSON) -> JSON = { ["service": ["name": "web", "port": $0]] }
        #expect(
            object["spec"] == [
                "ingressClassName": "nginx",
                "tls": [["hosts": ["shop.example.com", "www.example.com"], "secretName": "cert"]],
                "rules": [
                    [
                        "host": "shop.example.com",
                        "http": [
                            "paths": [
                                ["path": "/", "pathType": "Prefix", "backend": service(["number": 80])],
                                ["path": "/exact", "pathType": "Exact", "backend": service(["name": "http"])],
                            ]
                        ],
                    ],
                    [
                        "host": "www.example.com",
                        "http": ["paths": [["path": "/", "pathType": "Prefix", "backend": service(["number": 80])]]],
                    ],
                ],
            ])
    }

    @Test(arguments: [
        ("[]", "MAN-102 modules.web.spec.ingress"),
        ("{rule: {}}", "MAN-101 modules.web.spec.ingress.rule"),
        ("{rules: {externals.fornt: {http: {/: {port: 80}}}}}", "MAN-104 modules.web.spec.ingress.rules.externals.fornt"),
        ("{rules: {externals.front: {}}}", "MAN-103 modules.web.spec.ingress.rules.externals.front.http"),
        ("{rules: {a.b: {http: {x: {port: 80}}}}}", "MAN-103 modules.web.spec.ingress.rules.a.b.http.x"),
        ("{rules: {a.b: {http: {/: {port: web}}}}}", "MAN-103 modules.web.spec.ingress.rules.a.b.http./.port"),
        ("{rules: {a.b: {http: {/: {port: 80, type: prefx}}}}}", "MAN-103 modules.web.spec.ingress.rules.a.b.http./.type"),
    ])
    func mistakes(ingress: String, expected: String) throws {
        #expect(problems(try workload(ingress)).map { "\($0.code) \($0.path)" } == [expected])
    }

    @Test func withoutRulesThereIsNone() throws {
        #expect(
            try WorkloadRenderer.render(try workload("{class: nginx}")).objects.map { $0["kind"] } == ["Service", "Deployment"])
    }
}
