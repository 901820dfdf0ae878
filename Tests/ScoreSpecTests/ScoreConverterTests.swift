import FoundationEssentials
import PlatformModel
import ScoreSpec
import Testing
import YAML

@Suite struct ScoreConverterTests {
    private func delta(_ text: String, extension more: String? = nil, onto base: DeploymentSet = DeploymentSet()) throws
        -> DeltaContent
    {
        let added = try more.map { try ScoreExtension.read(Array($0.utf8), file: "humanitec.score.yaml") }
        return try ScoreConverter.delta(for: [ScoreWorkload(score: try read(text, complete), extension: added)], onto: base)
    }

    /// `MARTLET_REWRITE_GOLDEN=1 swift test` rewrites the file; look at the difference before committing it.
    @Test func everythingAsADelta() throws {
        let text = YAMLWriter().text(of: try JSON(encoding: try delta(everything)))
        let url = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent(
            "Golden/everything.delta.yaml")
        if ProcessInfo.processInfo.environment["MARTLET_REWRITE_GOLDEN"] == "1" { try Data(text.utf8).write(to: url) }
        #expect(text == String(decoding: try Data(contentsOf: url), as: UTF8.self))
    }

    @Test(arguments: [
        ("${resources.db.host}", "${externals.db.host}"), ("a${resources.db.host}b", "a${externals.db.host}b"),
        ("$${x}", "$\\{x}"), ("$$", "$"), ("$$${metadata.name}", "$web"), ("$$$${x}", "$$\\{x}"), ("$x ${open", "$x $\\{open"),
        ("${metadata.name}", "web"), ("${metadata.annotations}", #"{"a.b":"c"}"#), (#"${metadata.annotations.a\.b}"#, "c"),
        ("${metadata.tricky}", "$\\{resources.db.host}"), ("${resources.db.a.b}", "${externals.db.a.b}"),
        (#"${resources.db.a\.b}"#, "${externals.db['a.b']}"), ("${resources.env.KEY}", "${values.KEY}"),
        ("${resources.api.name}", "${modules.api.service.name}"), ("${resources.api.port}", "${modules.api.service.port}"),
        ("${resources.api.ports.web}", "${modules.api.service.ports.web}"), ("${resources.one.host}", "${shared.the-one.host}"),
        ("${resources.two.host}", "${shared['the-two#big'].host}"), ("${resources.dot.host}", "${shared['a.b'].host}"),
    ])
    func rewritesPlaceholders(text: String, expected: String) throws {
        let score = small(
            container: "{image: a, variables: {A: \(JSON.string(text).canonical)}}",
            more: """
                resources:
                  db: {type: postgres}
                  env: {type: environment}
                  api: {type: service}
                  one: {type: dns, id: the-one}
                  two: {type: dns, class: big, id: the-two}
                  dot: {type: dns, id: a.b}
                """
        ).replacing("{name: web}", with: "{name: web, annotations: {a.b: c}, tricky: '${resources.db.host}'}")
        let spec = try delta(score).modules.add["web"]?.spec
        #expect(spec?["containers"]?["main"]?["variables"]?["A"] == .string(expected))
    }

    /// Score expands variables, files, volumes and params, nothing else: what a shell or a probe is given is given as it stands, and
    /// is no placeholder of the orchestrator's either.
    @Test func whatScoreDoesNotExpandIsNoPlaceholder() throws {
        let score = small(
            container: """
                {image: 'a:1', command: [sh, -c], args: ['echo ${HOME} $${y} $1'], livenessProbe: {exec: {command: ['${z}']}},
                    readinessProbe: {httpGet: {path: '/${p}', port: 80, host: '${h}', httpHeaders: [{name: A, value: '${v}'}]}}}
                """)
        let container = try #require(try delta(score).modules.add["web"]?.spec["containers"]?["main"])
        #expect(container["args"] == ["echo $\\{HOME} $$\\{y} $1"])
        #expect(container["liveness_probe"]?["command"] == ["$\\{z}"])
        let probe = container["readiness_probe"]
        #expect(probe?["path"] == "/$\\{p}" && probe?["host"] == "$\\{h}" && probe?["headers"] == ["A": "$\\{v}"])
    }

    @Test func aHeaderThatIsGivenTwiceIsSentTwice() throws {
        let score = small(
            container: """
                {image: 'a:1', readinessProbe: {httpGet: {path: /, port: 80, httpHeaders: [{name: Accept, value: text/html},
                    {name: X-Id, value: '1'}, {name: Accept, value: '*/*'}, {name: accept, value: d}]}}}
                """)
        let container = try #require(try delta(score).modules.add["web"]?.spec["containers"]?["main"])
        #expect(container["readiness_probe"]?["headers"] == ["Accept": ["text/html", "*/*"], "X-Id": "1", "accept": "d"])
    }

    @Test func sharedResourcesKeepTheParamsOfTheirDefiner() throws {
        let score = small(more: "resources: {one: {type: dns, id: the-one}}\n")
        #expect(try delta(score).shared == [PatchOperation(op: "add", path: "/the-one", value: ["type": "dns"])])
        let base = DeploymentSet(shared: ["the-one": ResourceRequest(type: "dns", params: ["zone": "a"])])
        #expect(try delta(score, onto: base).shared.isEmpty)

        func workload(_ name: String, _ resource: String) throws -> ScoreWorkload {
            let text = small(more: "resources: {one: {type: dns, id: the-one\(resource)}}\n").replacing(
                "name: web", with: "name: \(name)")
            return ScoreWorkload(score: try ScoreReader.read(Array(text.utf8), file: "\(name).yaml"))
        }
        for files in [["aa", "bb"], ["bb", "aa"]] {
            let both = try files.map { try workload($0, $0 == "bb" ? ", params: {zone: z}" : "") }
            #expect(
                try ScoreConverter.delta(for: both).shared
                    == [PatchOperation(op: "add", path: "/the-one", value: ["type": "dns", "params": ["zone": "z"]])])
        }
        #expect(throws: ScoreProblems.self) {
            try ScoreConverter.delta(for: [try workload("aa", ", params: {zone: y}"), try workload("bb", ", params: {zone: z}")])
        }
        #expect(throws: ScoreProblems.self) { try ScoreConverter.delta(for: [try workload("aa", ""), try workload("aa", "")]) }
    }

    /// In Score two types of one id are two resources: each keeps its key, whatever is deployed first.
    @Test func oneIdMayBeThatOfSeveralTypesAndClasses() throws {
        let score = small(
            container: "{image: a, variables: {Q: '${resources.queue.host}', S: '${resources.store.bucket}'}}",
            more: """
                resources:
                  queue: {type: amqp, id: shared}
                  large: {type: amqp, class: large, id: shared}
                  store: {type: s3, id: shared}
                  cold: {type: s3, class: cold, id: shared, params: {days: 1}}

                """)
        func shared(onto base: DeploymentSet) throws -> [String: JSON?] {
            Dictionary(uniqueKeysWithValues: try delta(score, onto: base).shared.map { ($0.path, $0.value) })
        }
        let all: [String: JSON?] = [
            "/shared": ["type": "amqp"], "/shared#large": ["type": "amqp", "class": "large", "id": "shared.shared"],
            "/shared#s3.default": ["type": "s3", "id": "shared.shared"],
            "/shared#s3.cold": ["type": "s3", "class": "cold", "id": "shared.shared", "params": ["days": 1]],
        ]
        #expect(try shared(onto: DeploymentSet()) == all)
        let variables = try delta(score).modules.add["web"]?.spec["containers"]?["main"]?["variables"]
        #expect(variables == ["Q": "${shared.shared.host}", "S": "${shared['shared#s3.default'].bucket}"])
        // What is there keeps its key, and nothing is made twice.
        let first = DeploymentSet(shared: ["shared": ResourceRequest(type: "s3")])
        #expect(try shared(onto: first).keys.sorted() == ["/shared#amqp.default", "/shared#amqp.large", "/shared#cold"])
        let cold = DeploymentSet(shared: ["shared#cold": ResourceRequest(type: "s3", class: "cold", id: "shared.shared")])
        #expect(
            try shared(onto: cold).keys.sorted() == ["/shared", "/shared#amqp.default", "/shared#amqp.large", "/shared#cold"])
    }

    @Test func extensionsGoOverTheSpec() throws {
        let module = try delta(
            small(
                container: "{image: a, readinessProbe: {httpGet: {path: /, port: 80}}}",
                more: "resources: {dns: {type: dns}}\n"),
            extension: """
                apiVersion: humanitec.org/v1b1
                profile: humanitec/default-job
                spec:
                  replicas: 2
                  labels: {host: "${resources.dns.host}", tier: "$${values.TIER}", text: '$\\{x} $$ $y'}
                  ingress: {rules: {"${resources.dns}": {port: 80}}}
                  containers.main.resources: {limits: {cpu: 1}}
                  $.pod.labels.a\\.b: c
                  containers:
                    main:
                      readiness_probe: {periodSeconds: 3}
                  /pod/annotations/a~1b: c
                deploy: {when: before, success: complete, timeout: 60}
                """
        ).modules.add["web"]
        #expect(module?.profile == "humanitec/default-job")
        #expect(module?.deploy == DeployCondition(when: "before", success: "complete", timeout: 60))
        #expect(
            module?.spec == [
                "replicas": 2,
                "labels": ["host": "${externals.dns.host}", "tier": "${values.TIER}", "text": "$\\{x} $ $y"],
                "ingress": ["rules": ["externals.dns": ["port": 80]]],
                "pod": ["annotations": ["a/b": "c"], "labels": ["a.b": "c"]],
                "containers": [
                    "main": [
                        "id": "main", "image": "a", "resources": ["limits": ["cpu": 1]],
                        "readiness_probe": ["type": "http", "path": "/", "port": 80, "periodSeconds": 3],
                    ]
                ],
            ])
    }

    @Test func anExtensionSharesAResourceUnderItsName() throws {
        let text = small(
            container: "{image: a, variables: {A: '${resources.dns.host}', B: '${resources.db.host}'}}",
            more: "resources: {dns: {type: dns}, db: {type: postgres, id: main-db}, own: {type: redis}}\n")
        let content = try delta(
            text,
            extension:
                "apiVersion: humanitec.org/v1b1\nresources: {dns: {scope: shared}, db: {scope: shared}, own: {scope: external}}\n"
        )
        #expect(
            content.shared == [
                PatchOperation(op: "add", path: "/dns", value: ["type": "dns"]),
                PatchOperation(op: "add", path: "/main-db", value: ["type": "postgres"]),
            ])
        let module = content.modules.add["web"]
        #expect(module?.externals == ["own": ResourceRequest(type: "redis")])
        #expect(module?.spec["containers"]?["main"]?["variables"] == ["A": "${shared.dns.host}", "B": "${shared.main-db.host}"])
    }

    @Test func aProbeOfAnotherTypeReplacesTheScoreFiles() throws {
        let text = small(
            container: "{image: a, livenessProbe: {httpGet: {path: /, port: 80}}, readinessProbe: {exec: {command: [a]}}}")
        let container = try delta(
            text,
            extension: """
                apiVersion: humanitec.org/v1b1
                spec:
                  containers:
                    main: {liveness_probe: {type: tcp, port: 7001, periodSeconds: 30}, readiness_probe: {type: command, timeoutSeconds: 1}}
                """
        ).modules.add["web"]?.spec["containers"]?["main"]
        #expect(container?["liveness_probe"] == ["type": "tcp", "port": 7001, "periodSeconds": 30])
        #expect(container?["readiness_probe"] == ["type": "command", "command": ["a"], "timeoutSeconds": 1])
    }

    @Test func anExtensionAddsAContainerWithAnImage() throws {
        let module = try delta(
            small(),
            extension: "apiVersion: humanitec.org/v1b1\nspec: {containers: {proxy: {image: envoy, isInitContainer: true}}}\n"
        ).modules.add["web"]
        #expect(module?.spec["containers"]?["proxy"] == ["image": "envoy", "isInitContainer": true])
    }

    @Test func anExtensionTakesAwayWithANull() throws {
        let module = try delta(
            small(container: "{image: a, command: [a]}", more: "service: {ports: {http: {port: 80}}}\n"),
            extension: "apiVersion: humanitec.org/v1b1\nspec: {service: ~, containers: {main: {command: ~}}, pod: ~}\n"
        ).modules.add["web"]
        #expect(module?.spec == ["containers": ["main": ["id": "main", "image": "a"]]])
    }

    @Test func definersOfASharedResourceAgree() throws {
        func workload(_ name: String, _ rest: String) throws -> ScoreWorkload {
            let text = small(more: "resources: {one: {type: dns, id: the-one\(rest)}}\n").replacing(
                "name: web", with: "name: \(name)")
            return ScoreWorkload(score: try ScoreReader.read(Array(text.utf8), file: "\(name).yaml"))
        }
        func problems(_ first: String, _ second: String) throws -> [Problem] {
            let workloads = [try workload("aa", first), try workload("bb", second)]
            do throws(ScoreProblems) {
                _ = try ScoreConverter.delta(for: workloads)
                return []
            } catch { return error.problems }
        }
        #expect(try problems(", metadata: {a: 1}", "").isEmpty)
        #expect(try problems(", metadata: {a: 1}", ", metadata: {a: 1}, params: {b: 2}").isEmpty)
        let found = try problems(", metadata: {a: 1}, params: {b: 1}", ", metadata: {a: 2}, params: {b: 2}")
        #expect(
            found.map(\.code) == ["SCORE-211", "SCORE-211"] && found.allSatisfy { $0.file == "bb.yaml" && $0.line == 6 },
            "\(found)")
    }

    /// The annotation by which the reference let a resource be one that is known by another name.
    @Test func anAnnotationNamesAResourceOtherwise() throws {
        func resource(_ name: String, _ reference: String) -> String {
            "  \(name): {type: dns, metadata: {annotations: {score.humanitec.io/resId: \(reference)}}}\n"
        }
        let names = ["aa", "bb", "cc", "dd"]
        let text = small(
            container: "{image: a, variables: {" + names.map { "\($0): '${resources.\($0).host}'" }.joined(separator: ", ")
                + "}}",
            more: "resources:\n" + resource("aa", "externals.other") + resource("bb", "shared.one")
                + resource("cc", "modules.api.externals.db")
                + resource("dd", "modules.api.shared.two"))
        let content = try delta(text)
        #expect(content.modules.add["web"]?.externals == ["other": ResourceRequest(type: "dns")])
        #expect(content.shared.map(\.path) == ["/one", "/two"])
        #expect(
            content.modules.add["web"]?.spec["containers"]?["main"]?["variables"] == [
                "aa": "${externals.other.host}", "bb": "${shared.one.host}", "cc": "${modules.api.externals.db.host}",
                "dd": "${shared.two.host}",
            ])
        for (first, second) in [
            ("plain", "externals.x"), ("externals.x", "externals.x"), ("externals.", "a.b.c"), ("externals.bb", "nope.x"),
        ] {
            let text = small(more: "resources:\n" + resource("aa", first) + resource("bb", second))
            do throws(ScoreProblems) {
                _ = try ScoreConverter.delta(for: [ScoreWorkload(score: try read(text))])
                Issue.record("\(first), \(second) were not refused")
            } catch {
                #expect(error.problems.allSatisfy { $0.code == "SCORE-214" && $0.line != nil }, "\(error)")
            }
        }
    }

    @Test(arguments: [
        (
            "apiVersion: humanitec.org/v1b1\nresources: {dsn: {scope: shared}}\n",
            "humanitec.score.yaml:2:13: SCORE-210 resources.dsn:", "dns"
        ),
        (
            "apiVersion: humanitec.org/v1b1\nresources: {dns: {scope: shard}}\n",
            "humanitec.score.yaml:2:26: SCORE-105 resources.dns.scope:", "shared"
        ),
        (
            "apiVersion: humanitec.org/v1b1\nspec: {labels: {a: '$${value.X}'}}\n",
            "humanitec.score.yaml:2:20: SCORE-202 spec.labels.a:", "values"
        ),
        (
            "apiVersion: humanitec.org/v1b1\nspec: {ingress: {rules: {'${resources.dsn}': 1}}}\n",
            "humanitec.score.yaml:2:26: SCORE-203 spec.ingress.rules.${resources.dsn}:", "dns"
        ),
        ("apiVersion: humanitec.org/v1b1\nporfile: x\n", "humanitec.score.yaml:2:1: SCORE-102 porfile:", "profile"),
        (
            "apiVersion: humanitec.org/v1b1\ndeploy: {when: befor}\n", "humanitec.score.yaml:2:16: SCORE-105 deploy.when:",
            "before"
        ),
        (
            "apiVersion: humanitec.org/v1b1\nspec: {containers: {mian: {}}}\n",
            "humanitec.score.yaml:2:21: SCORE-210 spec.containers.mian:", "main"
        ),
        (
            "apiVersion: humanitec.org/v1b1\nspec: {labels: {a: '${resources.dsn.host}'}}\n",
            "humanitec.score.yaml:2:20: SCORE-203 spec.labels.a:", "dns"
        ),
    ])
    func extensionProblemsHaveTheirPlace(text: String, start: String, suggestion: String) {
        do {
            _ = try delta(small(more: "resources: {dns: {type: dns}}\n"), extension: text)
            Issue.record("nothing was refused")
        } catch let error as ScoreProblems {
            #expect(error.problems.count == 1)
            #expect(error.description.hasPrefix(start), "\(error)")
            #expect(error.problems.first?.suggestion == suggestion)
        } catch {
            Issue.record(error)
        }
    }
}
