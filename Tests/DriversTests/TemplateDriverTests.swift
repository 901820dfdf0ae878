import Drivers
import PlatformModel
import PureDrivers
import Testing

@Suite struct TemplateDriverTests {
    private func provision(
        _ templates: JSON, params: JSON = [:], values: [String: JSON] = [:], secrets: JSON = [:], cookie: JSON? = nil,
        bench: DriverBench = DriverBench()
    ) async throws(DriverError) -> DriverResult {
        var values = values
        values["templates"] = templates
        return try await TemplateDriver().provision(
            DriverBench.request(params: params, values: .object(values), secrets: secrets, cookie: cookie), bench.context)
    }

    private func failure(_ templates: JSON, secrets: JSON = [:]) async -> DriverError? {
        do throws(DriverError) {
            _ = try await provision(templates, secrets: secrets)
            return nil
        } catch {
            return error
        }
    }

    @Test("init, then the others in their order; secrets sees the outputs")
    func order() async throws {
        let result = try await provision(
            [
                "init": "host: {{ .driver.values.host }}\nuser: {{ .driver.secrets.user }}",
                "cookie": "times: {{ add1 (.cookie.times | default 0) }}",
                "outputs": "host: {{ .init.host }}\nport: {{ .driver.values.port }}\nid: {{ .id }}\nbefore: {{ .cookie.times }}",
                "secrets": "url: {{ printf \"pg://%s@%s:%.0f/\" .init.user .outputs.host .outputs.values.port | toRawJson }}",
            ], values: ["host": "db.test", "port": 5432], secrets: ["user": "correct-horse"],
            cookie: ["cookie": ["times": 4]])
        #expect(
            result.values == [
                "host": "db.test", "port": 5432, "id": .string(DriverBench.request().guResID), "before": 4,
            ])
        #expect(result.secrets == ["url": "pg://correct-horse@db.test:5432/"])
        #expect(result.cookie == ["cookie": ["times": 5]])
    }

    @Test("What it would give is foreseen by names; of values alone there is nothing to say")
    func effects() async throws {
        let bench = DriverBench()
        func words(_ action: ForeseenAction, _ text: String, last: DriverResult?) async throws -> [String]? {
            var request = DriverBench.request(
                values: [
                    "text": .string(text),
                    "templates": [
                        "outputs": "text: {{ .driver.values.text }}",
                        "manifests": """
                        {{- if .driver.values.text }}
                        one: {location: namespace, data: {kind: ConfigMap, metadata: {name: settings}, data: {a: {{ .driver.values.text }}}}}
                        {{- end }}
                        """,
                    ],
                ])
            request.last = last
            return try await TemplateDriver().effects(of: action, request, bench.looking)?.effects.map {
                "\($0.action.rawValue) \($0.object)"
            }
        }
        func result(_ text: String) -> DriverResult {
            let data: JSON = ["kind": "ConfigMap", "metadata": ["name": "settings"], "data": ["a": .string(text)]]
            return DriverResult(
                values: ["text": .string(text)], manifests: [DriverManifest(location: "namespace", data: data)])
        }
        #expect(try await words(.provision, "x", last: nil) == ["create ConfigMap settings"])
        #expect(try await words(.provision, "x", last: result("x")) == nil)
        #expect(try await words(.provision, "y", last: result("x")) == ["update ConfigMap settings", "update output text"])
        #expect(try await words(.anew, "y", last: nil) == ["create ConfigMap settings"])
        #expect(try await words(.destroy, "x", last: result("x")) == ["delete ConfigMap settings"])
        #expect(try await words(.provision, "", last: nil) == nil)
    }

    @Test("A manifest is an object, or a text that is one; an empty one is none")
    func manifests() async throws {
        let asText = try await provision([
            "manifests": """
            one.yaml:
              location: namespace
              data:
                kind: A
            two.yaml:
              location: containers
              data: |
                kind: B
            {{- if .resource.none }}
            three.yaml:
              location: volumes
              data: {}
            {{- end }}
            """
        ])
        #expect(
            asText.manifests == [
                DriverManifest(location: "namespace", data: ["kind": "A"]),
                DriverManifest(location: "containers", data: ["kind": "B"]),
            ])
        let asObject = try await provision(
            [
                "manifests": [
                    "one.yaml": ["location": "volumes", "data": "{{- /* why */ -}}\nname: v-{{ .id | trunc 4 }}\n"],
                    "two.yaml": ["location": "cluster", "data": "{{ if .resource.none }}kind: X{{ end }}"],
                    "three.yaml": ["location": "cluster", "data": ["kind": "C", "n": "{{ .resource.n }}"]],
                ]
            ], params: ["n": 7])
        #expect(
            asObject.manifests
                == [
                    DriverManifest(location: "volumes", data: ["name": "v-0123"]),
                    DriverManifest(location: "cluster", data: ["kind": "C", "n": 7]),
                ])
    }

    @Test func random() async throws {
        let templates: JSON = [
            "init": "id: {{ uuidv4 }}", "outputs": "id: {{ .init.id }}",
            "secrets": "a: {{ randAlphaNum 16 | quote }}\nb: {{ randAlpha 16 }}",
        ]
        let bench = DriverBench()
        let first = try await provision(templates, bench: bench)
        #expect(first.secrets["a"]?.string?.utf8.count == 16)
        #expect(first.secrets["a"] != first.secrets["b"])
        #expect(bench.kept == ["template-seed"])
        // Its cookie alone is enough: another broker, other bytes.
        let elsewhere = DriverBench()
        _ = elsewhere.context.randomBytes(5)
        let second = try await provision(templates, cookie: first.cookie, bench: elsewhere)
        #expect(second == first)
        #expect(elsewhere.kept.isEmpty)
        let other = try await provision(templates, bench: elsewhere)
        #expect(other.secrets != first.secrets)
    }

    @Test("Keys and certificates stay what they were, however late they are made again")
    func keys() async throws {
        let templates: JSON = [
            "init": """
            {{ $ca := genCAWithKey "CA" 365 (genPrivateKey "ecdsa") }}
            {{- $c := genSignedCertWithKey "s" nil (list "s.test") 30 $ca (genPrivateKey "ed25519") -}}
            {{ dict "ca" $ca.Cert "cert" $c.Cert "key" $c.Key "login" (htpasswd "anna" "x") | toRawJson }}
            """,
            "secrets": "{{ .init | toRawJson }}",
        ]
        let bench = DriverBench()
        let first = try await provision(templates, bench: bench)
        #expect(first.secrets["cert"]?.string?.hasPrefix("-----BEGIN CERTIFICATE-----\n") ?? false)
        #expect(bench.kept == ["template-seed"])
        let elsewhere = DriverBench()
        var later = elsewhere.context
        later.now = { Timestamp(milliseconds: 4_000_000_000_000) }
        let request = DriverBench.request(values: ["templates": templates], cookie: first.cookie)
        #expect(try await TemplateDriver().provision(request, later).secrets == first.secrets)
        #expect(elsewhere.kept.isEmpty)
    }

    @Test func withoutRandomnessNothingIsKept() async throws {
        let bench = DriverBench()
        let result = try await provision(["outputs": "a: 1"], bench: bench)
        #expect(result == DriverResult(values: ["a": 1]))
        #expect(bench.kept.isEmpty)
    }

    @Test(
        "Errors say where",
        arguments: [
            (["outputs": "a: 1\nb: {{ .driver.values.x.y.z | upper }}"] as JSON, "DRV-203", "outputs", 2, 30),
            (["outputs": "a: 1\n  b: 2: 3\n"], "DRV-204", "outputs", 2, nil),
            (["secrets": "{{ fail \"no luck\" }}"], "DRV-203", "secrets", 1, 4),
            (["init": "a:\n- b\n{{ index .driver.values.templates.init 1000 }}"], "DRV-203", "init", 3, 4),
            (["outputs": "- a"], "DRV-204", "outputs", nil, nil),
            (["manifests": ["a": ["location": "nmespace", "data": "x: 1"]]], "DRV-204", "manifests.a.location", nil, nil),
        ] as [(JSON, String, String, Int?, Int?)])
    func errors(_ templates: JSON, code: String, path: String, line: Int?, column: Int?) async throws {
        let error = try #require(await failure(templates))
        #expect(error.code == code)
        let problem = try #require(error.problems.first)
        #expect(problem.path == "driver_inputs.values.templates.\(path)")
        #expect(problem.line == line, "\(problem)")
        if let column { #expect(problem.column == column, "\(problem)") }
    }

    @Test("Every problem of the inputs at once")
    func check() {
        let problems = TemplateDriver().check(
            DriverBench.request(values: [
                "templates": [
                    "outptus": "a: 1", "init": "a: {{ uper 1 }}", "secrets": "x\n{{ .a",
                    "manifests": ["a": ["data": "{{/* c *//}}"]],
                ]
            ]))
        #expect(
            problems.map { "\($0.path) \($0.line ?? 0):\($0.column ?? 0) \($0.suggestion ?? "-")" } == [
                "driver_inputs.values.templates.init 1:7 upper",
                "driver_inputs.values.templates.manifests.a.data 1:3 -",
                "driver_inputs.values.templates.outptus 0:0 outputs",
                "driver_inputs.values.templates.secrets 2:6 -",
            ])
    }

    static let secretInputs: JSON = [
        "password": "correct-horse", "pin": "4711", "odd": "p/w d&7", "on": "true", "size": 1, "name": "app", "user": "shop",
    ]

    @Test("What is like a short secret by chance is no secret in clear")
    func innocent() async throws {
        let result = try await provision(
            [
                "outputs":
                    "on: true\nword: 'true'\nsize: 1\nhost: app.example.com\nname: app\nport: 47110\nshop: x\nurl: shop.test\n",
                "manifests": ["s": ["location": "namespace", "data": "replicas: 1\nkind: app\nname: shop-1\n"]],
            ], secrets: Self.secretInputs)
        #expect(result.values["word"] == "true" && result.values["shop"] == "x" && result.manifests.count == 1)
    }

    @Test(
        "A secret in clear is refused by the name of its place",
        arguments: [
            (["outputs": "a: 1\nurl: http://u:{{ .driver.secrets.password }}@h"] as JSON, "outputs.url"),
            (["outputs": "deep: [1, {x: '{{ .driver.secrets.password }}'}]"], "outputs.deep.1.x"),
            (["outputs": "x: {{ .driver.secrets.password | b64enc }}"], "outputs.x"),
            (["outputs": "p: {{ .driver.secrets.pin }}"], "outputs.p"),
            (["outputs": "p: {{ .driver.secrets.pin | b64enc }}"], "outputs.p"),
            (["outputs": "a: {{ printf \"u:%s@h\" .driver.secrets.password | b64enc }}"], "outputs.a"),
            (["outputs": "u: http://u:{{ .driver.secrets.odd | urlquery }}@h"], "outputs.u"),
            (["outputs": "u: {{ .driver.secrets | toRawJson | quote }}"], "outputs.u"),
            (
                [
                    "manifests": [
                        "s": [
                            "location": "namespace",
                            "data": "c: {{ dict \"auth\" .driver.secrets.password | toRawJson | b64enc }}",
                        ]
                    ]
                ], "manifests.s.c"
            ),
            (
                ["manifests": ["s": ["location": "namespace", "data": "password: {{ .driver.secrets.password }}"]]],
                "manifests.s.password"
            ),
        ] as [(JSON, String)])
    func secrets(_ templates: JSON, place: String) async throws {
        let error = try #require(await failure(templates, secrets: Self.secretInputs))
        #expect(error.code == "DRV-205")
        #expect(error.kind == .refused)
        #expect(error.message.hasPrefix("\(place) would hold a secret"))
        #expect(!error.description.contains("correct-horse"))
    }

    @Test(
        "No error shows a secret",
        arguments: [
            "{{ fail .driver.secrets.password }}", "{{ range .driver.secrets.password }}{{ end }}",
            "{{ eq (list .driver.secrets.password) (list 1) }}", "{{ printf \"%d\" .driver.secrets.password | fail }}",
            "{{ .driver.secrets.password }}: 1\n{{ .driver.secrets.password }}: 2\n",
        ])
    func masked(_ template: String) async throws {
        for name in ["init", "secrets", "cookie", "outputs"] {
            let error = try #require(await failure([name: .string(template)], secrets: ["password": "correct-horse"]))
            #expect(!error.description.contains("correct-horse"), "\(error)")
            #expect(!error.problems.contains { $0.description.contains("correct-horse") })
        }
    }

    @Test("A template cannot take the runner down")
    func bounds() async throws {
        for text in [
            "{{ repeat 2000000 \"x\" }}", "{{ range until 1000000 }}{{ range until 1000000 }}{{ end }}{{ end }}",
            "{{ define \"a\" }}{{ template \"a\" . }}{{ end }}{{ template \"a\" . }}",
        ] {
            let error = try #require(await failure(["outputs": .string(text)]))
            #expect(error.problems.first?.code == "TPL-003", "\(error)")
        }
    }
}
