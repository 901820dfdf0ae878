import Manifests
import Planning
import PlatformModel
import Preview
import PureDrivers
import ScoreSpec
import Testing

@Suite struct PreviewTests {
    static let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")

    static func request(
        _ score: String..., definitions: [ResourceDefinition] = [], outputs: JSON = [:],
        values: [String: ResolvedDocument] = [:], seed: String = "s"
    ) throws -> PreviewRequest {
        let files = try score.enumerated().map {
            ScoreWorkload(
                score: try ScoreReader.read(Array($1.utf8), file: "\($0).yaml", options: ScoreOptions(isComplete: true)))
        }
        let set = try ScoreConverter.delta(for: files).applied(to: DeploymentSet())
        return PreviewRequest(
            context: context, set: set, definitions: definitions, values: values,
            outputs: try GivenOutputs(outputs, file: "outputs.yaml"),
            randomness: TemplateRandomness(seed: seed, now: Timestamp(milliseconds: 0)))
    }

    static func definition(
        _ id: String, _ type: String, _ driver: String = "humanitec/echo", values: JSON = [:], secrets: JSON = [:],
        class: String = "default", provision: [String: CoProvision] = [:]
    ) -> ResourceDefinition {
        ResourceDefinition(
            id: id, name: id, type: type, driverType: driver, driverInputs: DriverInputs(values: values, secretRefs: secrets),
            criteria: [MatchingCriteria(id: "1", class: `class`)], provision: provision)
    }

    static let web = """
        apiVersion: score.dev/v1b1
        metadata: {name: web}
        containers:
          main:
            image: nginx
            variables:
              URL: postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}/${resources.db.name}
        resources:
          db: {type: postgres}
        """

    private func variables(_ preview: Preview, _ workload: String = "web") -> JSON? {
        let rendered = preview.workloads.first { $0.name == workload }?.rendered
        let deployment = rendered?.objects.first { $0["kind"] == "Deployment" }
        return deployment?["spec"]?["template"]?["spec"]?["containers"]?[0]?["env"]
    }

    private func problems(_ request: PreviewRequest) -> [Problem] {
        do throws(PreviewProblems) {
            _ = try Preview.render(request)
            return []
        } catch { return error.problems }
    }

    @Test("A secret reference goes through echo unchanged, and stands by reference")
    func references() throws {
        let echo = Self.definition(
            "pg", "postgres", values: ["host": "db.test", "name": "${context.app.id}"],
            secrets: ["username": ["store": "vault", "ref": "u"], "password": ["store": "vault", "ref": "p", "version": "3"]])
        let preview = try Preview.render(try Self.request(Self.web, definitions: [echo]))
        let rendered = try #require(preview.workloads.first?.rendered)
        #expect(
            rendered.slots.map { StandIn.secret($0.parts) } == ["postgres://<secret:vault:u>:<secret:vault:p@3>@db.test/shop"])
        #expect(preview.knownAfterApply.isEmpty)
    }

    @Test("A driver that touches the outside is not asked: names stand for its outputs, secret ones for their places")
    func knownAfterApply() throws {
        let request = try Self.request(Self.web, definitions: [Self.definition("pg", "postgres", "martlet/postgres")])
        let preview = try Preview.render(request)
        #expect(preview.knownAfterApply.map(\.definitionID) == ["pg"])
        let slot = try #require(preview.workloads.first?.rendered.slots.first)
        let identity = "postgres.default#modules.web.externals.db"
        let text = StandIn.secret(slot.parts)
        #expect(text.hasPrefix("postgres://<known-after-apply:\(identity).outputs.username>:<secret:built-in:orgs/acme/"))
        #expect(
            text.hasSuffix(
                "/outputs/password>@<known-after-apply:\(identity).outputs.host>/<known-after-apply:\(identity).outputs.name>"))
    }

    @Test("Given outputs come before the driver; the most specific key counts")
    func given() throws {
        let outputs: JSON = [
            "postgres": ["host": "any"], "postgres.default": ["host": "class"],
            "postgres#modules.web.externals.db": [
                "host": "id", "name": "n", "username": "u", "password": ["secret_ref": ["ref": "here"]],
            ],
        ]
        let preview = try Preview.render(
            try Self.request(Self.web, definitions: [Self.definition("pg", "postgres", "martlet/postgres")], outputs: outputs))
        #expect(
            preview.workloads.first?.rendered.slots.first.map { StandIn.secret($0.parts) }
                == "postgres://u:<secret:built-in:here>@id/n")
        #expect(preview.knownAfterApply.isEmpty)
    }

    @Test("Templates give outputs, secrets, manifests; what is made of a secret is kept by the runner")
    func templates() throws {
        let template = Self.definition(
            "pg", "postgres", "humanitec/template",
            values: [
                "templates": [
                    "outputs": "host: h-{{ .id | trunc 4 }}\nname: {{ .driver.values.app }}",
                    "secrets": "username: {{ .driver.secrets.user | toRawJson }}\npassword: {{ randAlphaNum 8 }}",
                    "manifests": "pvc:\n  location: namespace\n  data: {apiVersion: v1, kind: ConfigMap, metadata: {name: x}}",
                ], "app": "${context.app.id}",
            ], secrets: ["user": ["store": "vault", "ref": "u"]])
        let namespace = Self.definition("ns", "k8s-namespace", values: ["namespace": "shop-dev"])
        let preview = try Preview.render(try Self.request(Self.web, definitions: [template, namespace]))
        let text = try #require(preview.workloads.first?.rendered.slots.first.map { StandIn.secret($0.parts) })
        #expect(text.contains("postgres://<secret:vault:u>:<secret:built-in:orgs/acme/apps/shop/envs/dev/resources/"))
        #expect(text.hasSuffix("/shop"))
        #expect(
            preview.environment == [
                ["apiVersion": "v1", "kind": "ConfigMap", "metadata": ["name": "x", "namespace": "shop-dev"]]
            ])
        #expect(preview.workloads.first?.rendered.objects.first?["metadata"]?["namespace"] == "shop-dev")
    }

    @Test("What shows a secret is a secret output in every form, also one that the driver made")
    func everyForm() throws {
        func values(_ outputs: String, _ manifests: JSON = [:]) throws -> PreviewRequest {
            let template = Self.definition(
                "pg", "postgres", "humanitec/template",
                values: [
                    "given": "${resources.config#shared.outputs.token}",
                    "templates": [
                        "init": "made: {{ randAlphaNum 24 }}", "outputs": .string("host: h\nname: n\n\(outputs)"),
                        "secrets": "password: {{ .init.made }}", "manifests": manifests,
                    ],
                ])
            let config = Self.definition("c", "config", secrets: ["token": ["store": "vault", "ref": "t"]])
            return try Self.request(Self.web, definitions: [template, config])
        }
        for username in [
            "{{ .driver.values.given | b64enc }}", "{{ printf \"u:%s\" .init.made | b64enc }}", "x-{{ .init.made }}",
        ] {
            let preview = try Preview.render(try values("username: \(username)"))
            let text = try #require(preview.workloads.first?.rendered.slots.first.map { StandIn.secret($0.parts) })
            #expect(
                text.contains("postgres://<secret:built-in:") && text.contains("/outputs/username>:<"), "\(username): \(text)")
        }
        let plain = try Preview.render(try values("username: app"))
        #expect(
            plain.workloads.first?.rendered.slots.first.map { StandIn.secret($0.parts) }?.hasPrefix("postgres://app:") == true)
        let data: JSON = ["location": "namespace", "data": "kind: Secret\ndata: {a: {{ .driver.values.given | b64enc }}}"]
        let found = problems(try values("username: app\nx{{ .init.made }}: 1", ["a": data]))
        #expect(found.map(\.code) == ["RENDER-102", "RENDER-102"])
        #expect(
            found.contains { $0.path.hasSuffix(" outputs") } && found.contains { $0.path.hasSuffix(" manifests.0") }, "\(found)")
    }

    @Test("The workload's own definition patches its spec and brings containers")
    func update() throws {
        let workload = Self.definition(
            "w", "workload", "humanitec/template",
            values: [
                "templates": [
                    "outputs":
                        "update:\n{{ range $id, $c := .resource.spec.containers }}- op: add\n  path: /spec/containers/{{ $id }}/variables/A\n  value: ${resources.config.outputs.a}\n{{ end }}",
                    "manifests": ["side": ["location": "containers", "data": "name: side\nimage: s"]],
                ]
            ])
        let config = Self.definition("c", "config", values: ["a": "of ${context.res.id}"])
        let score = "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x}}"
        let preview = try Preview.render(try Self.request(score, definitions: [workload, config]))
        #expect(variables(preview) == [["name": "A", "value": "of modules.web"]])
        let pod = preview.workloads.first?.rendered.objects.last?["spec"]?["template"]?["spec"]
        #expect(pod?["containers"]?[1]?["name"] == "side")
    }

    @Test("Every problem of every resource at once, with the resource and the definition")
    func problemsTogether() throws {
        let score = """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers: {main: {image: x, variables: {A: "${resources.aa.x}", B: "${resources.bb.y}", C: "${resources.cc.z}"}}}
            resources: {aa: {type: config}, bb: {type: s3}, cc: {type: redis}}
            """
        let found = problems(
            try Self.request(
                score,
                definitions: [
                    Self.definition("c", "config", "humanitec/template", values: ["templates": ["outputs": "{{ fail \"no\" }}"]]),
                    Self.definition("s", "s3", values: ["bucket": "b", "z": 1]),
                    Self.definition(
                        "r", "redis", "humanitec/template", values: ["templates": ["otputs": "a"]]),
                ]))
        #expect(found.map(\.code) == ["TPL-002", "DRV-201", "PLAN-107"])
        #expect(
            found.first?.path
                == "config.default#modules.web.externals.aa (definition 'c') driver_inputs.values.templates.outputs:1:4")
        #expect(found[1].suggestion == "outputs")
    }

    @Test("What a definition gives fits its type: what lacks is told, what is declared secret is secret")
    func outputsOfTypes() throws {
        let short = Self.definition("pg", "postgres", values: ["host": 5, "name": "n", "password": "hunter2-hunter2"])
        let found = problems(try Self.request(Self.web, definitions: [short]))
        #expect(found.prefix(2).map(\.code) == ["RENDER-107", "RENDER-107"])
        #expect(
            found.prefix(2).map(\.path) == [
                "postgres.default#modules.web.externals.db (definition 'pg') outputs.username",
                "postgres.default#modules.web.externals.db (definition 'pg') outputs.host",
            ])
        #expect(!"\(found)".contains("hunter2"))
        let plain = Self.definition(
            "pg", "postgres", values: ["host": "h", "name": "n", "username": "u", "password": "hunter2-hunter2"])
        let preview = try Preview.render(try Self.request(Self.web, definitions: [plain]))
        let text = try #require(preview.workloads.first?.rendered.slots.first.map { StandIn.secret($0.parts) })
        #expect(text.hasPrefix("postgres://u:<secret:built-in:orgs/acme/") && text.hasSuffix("/outputs/password>@h/n"))
    }

    @Test("A misspelt output of a driver that is not asked is found, and the right one is named")
    func outputNames() throws {
        let score = Self.web.replacing("${resources.db.host}", with: "${resources.db.hots}")
        let found = problems(try Self.request(score, definitions: [Self.definition("pg", "postgres", "martlet/postgres")]))
        #expect(found.map(\.code) == ["PLAN-107"] && found.map(\.suggestion) == ["host"])
    }

    @Test func equalCriteria() throws {
        let found = problems(
            try Self.request(Self.web, definitions: [Self.definition("a", "postgres"), Self.definition("b", "postgres")]))
        #expect(found.map(\.code) == ["RENDER-103"])
        #expect(found.first?.path == "definition 'b' criteria")
    }

    @Test("A secret in a manifest is refused, one in a plain output moves to the secret outputs")
    func taint() throws {
        let values: (String) -> JSON = {
            [
                "templates": ["outputs": "url: x", "manifests": ["m": ["location": "namespace", "data": .string($0)]]],
                "given": "${resources.redis.outputs.password}",
            ]
        }
        let redis = Self.definition("r", "redis", values: ["host": "h"], secrets: ["password": ["ref": "p"]])
        let score =
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x, variables: {A: '${resources.aa.url}'}}}\nresources: {aa: {type: config}}"
        let bad = Self.definition(
            "c", "config", "humanitec/template",
            values: values("apiVersion: v1\nkind: X\nmetadata: {name: a}\np: {{ .driver.values.given }}"))
        #expect(problems(try Self.request(score, definitions: [bad, redis])).map(\.code) == ["RENDER-102"])
        let moved = Self.definition("c", "config", values: ["url": "redis://:${resources.redis.outputs.password}@h"])
        let preview = try Preview.render(try Self.request(score, definitions: [moved, redis]))
        let text = try #require(preview.workloads.first?.rendered.slots.first.map { StandIn.secret($0.parts) })
        #expect(text.hasPrefix("<secret:built-in:orgs/acme/") && text.hasSuffix("/outputs/url>"))
    }

    @Test("The same request gives the same preview; another seed gives other bytes")
    func deterministic() throws {
        let random = Self.definition(
            "c", "postgres", "humanitec/template",
            values: ["templates": ["outputs": "host: {{ randAlphaNum 12 }}\nname: a\nusername: b\npassword: c"]])
        let host: (String) throws -> JSON? = { seed in
            let preview = try Preview.render(try Self.request(Self.web, definitions: [random], seed: seed))
            return preview.nodes.values.first?.outputs.values["host"]
        }
        #expect(try host("one") == host("one"))
        #expect(try host("one") != host("two"))
    }

    @Test("A rule of an ingress needs the resource that it names")
    func ingress() throws {
        var request = try Self.request(
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: x}}\nresources: {front: {type: dns}}",
            definitions: [Self.definition("d", "dns", values: ["host": "shop.test"])])
        request.set.modules["web"]?.spec["ingress"] = ["rules": ["externals.front": ["http": ["/": ["port": 80]]]]]
        let preview = try Preview.render(request)
        let workload = try #require(preview.graph.nodes.last)
        #expect(workload.dependsOn.map(\.description) == ["dns.default#modules.web.externals.front"])
        #expect(preview.workloads.first?.rendered.objects.last?["spec"]?["rules"]?[0]?["host"] == "shop.test")
        request.set.modules["web"]?.spec["ingress"] = ["rules": ["externals.fornt": ["http": ["/": ["port": 80]]]]]
        #expect(problems(request).first?.suggestion == "front")
    }

    /// T51, from end to end: a shared value, an echo's values and a template's outputs that look like placeholders and templates.
    @Test("T51: expressions in what users and drivers give stay texts")
    func expressionsAreNeverEvaluated() throws {
        let trap = #"${values.SECRET} ${resources.db.password} {{ fail "read" }} $\{x}"#
        let score = """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers:
              main:
                image: nginx
                variables:
                  A: ${resources.one.text}
                  B: x${resources.two.text}
            resources:
              one: {type: config, class: one}
              two: {type: config, class: two, params: {text: "${resources.one.text}"}}
            """
        let echo = Self.definition("a", "config", values: ["text": "${values.TRAP}"], class: "one")
        let template = Self.definition(
            "b", "config", "humanitec/template",
            values: ["given": "${values.TRAP}", "templates": ["outputs": "text: {{ .resource.text | toRawJson }}"]], class: "two")
        let preview = try Preview.render(
            try Self.request(
                score, definitions: [echo, template],
                values: ["TRAP": ResolvedDocument(.string(trap)), "SECRET": ResolvedDocument("never-seen")]))
        let shown = Dictionary(
            uniqueKeysWithValues: (variables(preview)?.array ?? []).map { ($0["name"]?.string ?? "", $0["value"]?.string ?? "") })
        #expect(shown == ["A": trap, "B": "x" + trap])
    }

    /// How long a step may take is Martlet's to know: no driver sees it, offline neither.
    @Test("A definition's own limit of time reaches no driver")
    func limitsOfTime() throws {
        let definition = Self.definition(
            "pg", "config", "humanitec/template",
            values: ["martlet_timeout_seconds": 60, "templates": ["outputs": "keys: {{ .driver.values | keys | sortAlpha }}"]])
        let trial = try DefinitionTrial.run(
            definition, DefinitionInputs(), try GivenOutputs([:], file: "o"), in: Self.context,
            TemplateRandomness(seed: "s", now: Timestamp(milliseconds: 0)))
        #expect(trial.shown["outputs"] == ["keys": ["templates"]])
        let echo = Self.definition("e", "config", values: ["martlet_timeout_seconds": 60, "host": "h"])
        let echoed = try DefinitionTrial.run(
            echo, DefinitionInputs(), try GivenOutputs([:], file: "o"), in: Self.context,
            TemplateRandomness(seed: "s", now: Timestamp(milliseconds: 0)))
        #expect(echoed.shown["outputs"] == ["host": "h"])
    }
}
