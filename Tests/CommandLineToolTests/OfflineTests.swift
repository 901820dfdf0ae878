import CommandLineTool
import FoundationEssentials
import TestSupport
import Testing

/// `score render`, `explain`, `graph` and `definition test` of files, without a server: no gateway is there, and no settings.
@Suite struct OfflineTests {
    private static let definitions = """
        # A database that stands already.
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata: {id: postgres-any}
        entity:
          name: postgres-any
          type: postgres
          driver_type: humanitec/echo
          driver_inputs:
            values: {host: db.example.com, port: 5432, name: "${context.app.id}-${context.env.id}"}
            secret_refs:
              username: {store: vault, ref: databases/any/username}
              password: {store: vault, ref: databases/any/password, version: "2"}
          criteria: [{}]
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata: {id: postgres-production}
        entity:
          name: postgres-production
          type: postgres
          driver_type: martlet/postgres
          driver_inputs: {values: {host: prod.example.com}, secrets: {password: a-secret-in-a-file}}
          criteria: [{env_type: production}]
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata: {id: dns}
        entity:
          name: dns
          type: dns
          driver_type: humanitec/template
          driver_inputs:
            values:
              suffix: ${context.env.id}.example.com
              templates:
                init: |
                  label: {{ .resource.label | default (.id | trunc 8) }}
                outputs: |
                  host: {{ .init.label }}.{{ .driver.values.suffix }}
          criteria: [{}]
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata: {id: namespace}
        entity:
          name: namespace
          type: k8s-namespace
          driver_type: humanitec/template
          driver_inputs:
            values:
              templates:
                init: "name: ${context.app.id}-${context.env.id}"
                outputs: "namespace: {{ .init.name }}"
                manifests:
                  namespace.yaml:
                    location: cluster
                    data: {apiVersion: v1, kind: Namespace, metadata: {name: "{{ .init.name }}"}}
          criteria: [{}]
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata: {id: workload}
        entity:
          name: workload
          type: workload
          driver_type: humanitec/template
          driver_inputs:
            values:
              templates:
                outputs: |
                  update:
                    - {op: add, path: /spec/serviceAccountName, value: "${resources.k8s-service-account.outputs.name}"}
          criteria: [{}]
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata: {id: account}
        entity:
          name: account
          type: k8s-service-account
          driver_type: humanitec/template
          driver_inputs:
            values:
              res_id: ${context.res.id}
              templates:
                init: |
                  name: {{ .driver.values.res_id | splitList "." | last }}
                outputs: |
                  name: {{ .init.name }}
                manifests: |
                  account.yaml:
                    location: namespace
                    data:
                      apiVersion: v1
                      kind: ServiceAccount
                      metadata:
                        name: {{ .init.name }}
          criteria: [{}]
        """

    private static let score = """
        apiVersion: score.dev/v1b1
        metadata:
          name: web
        containers:
          main:
            image: .
            variables:
              DATABASE: postgres://${resources.db.username}:${resources.db.password}@${resources.db.host}/${resources.db.name}
              LEVEL: ${resources.env.LOG_LEVEL}
            files:
              /etc/web/config.yaml:
                content: |
                  host: ${resources.front.host}
        service:
          ports:
            http: {port: 80, targetPort: 8080}
        resources:
          db: {type: postgres}
          env: {type: environment}
          front: {type: dns, params: {label: web}}
        """

    private let tool: Tool
    private let score: String
    private let definitions: String
    private let values: String

    init() throws {
        tool = try Tool()
        score = try tool.home.write(Self.score, to: "score.yaml")
        definitions = try tool.home.write(Self.definitions, to: "definitions.yaml")
        values = try tool.home.write("LOG_LEVEL: debug\n", to: "values.yaml")
    }

    private func run(_ verb: String..., more: String...) async -> Tool.Outcome {
        await tool.run(
            verb + [score, "--definitions", definitions, "--values", values, "--image", "nginx:1", "--app", "shop"] + more)
    }

    @Test func manifests() async throws {
        let outcome = await run("score", "render")
        #expect(outcome.status == .done && outcome.err.isEmpty, "\(outcome.err)")
        try expectGolden(outcome.out, "render.yaml")
        // Byte for byte the same, every time.
        for _ in 0..<20 { #expect(await run("score", "render").out == outcome.out) }
    }

    @Test("Of production's database only a deployment can tell; what the file has as a secret is nowhere")
    func knownAfterApply() async throws {
        let outcome = await run("score", "render", more: "--env", "production", "--env-type", "production")
        #expect(outcome.status == .done)
        #expect(outcome.out.contains("<known-after-apply:postgres.default#modules.web.externals.db.outputs.host>"))
        #expect(!outcome.out.contains("a-secret-in-a-file"))
        #expect(
            outcome.err == "known after a deployment only: postgres.default#modules.web.externals.db (martlet/postgres)\n")
        let outputs = try tool.home.write(
            "postgres: {host: prod, name: shop, username: app, password: {secret_ref: {store: vault, ref: prod}}}\n",
            to: "outputs.yaml")
        let given = await run(
            "score", "render", more: "--env", "production", "--env-type", "production", "--outputs", outputs)
        #expect(given.out.contains("DATABASE: postgres://app:<secret:vault:prod>@prod/shop\n") && given.err.isEmpty)
    }

    @Test func folder() async throws {
        let folder = tool.home.file("out")
        let outcome = await run("score", "render", more: "--output-dir", folder)
        #expect(outcome.out.isEmpty && outcome.err == "6 objects in 2 files in \(folder)\n")
        let whole = await run("score", "render").out
        #expect(
            [tool.home.read("out/environment.yaml"), tool.home.read("out/workload-web.yaml")].map { $0 ?? "" }.joined(
                separator: "---\n") == whole)
    }

    @Test func explain() async throws {
        let outcome = await run("explain", more: "--resource", "postgres")
        #expect(outcome.status == .done)
        #expect(
            outcome.out == """
                postgres.default#modules.web.externals.db
                  from postgres-any  (criterion 1, rank 0, the only one)
                       matches every resource of class 'default'
                  not  postgres-production  env_type: env_type is 'production', this environment's is 'development'

                """)
        let production = await run("explain", more: "--resource", "postgres", "--env-type", "production")
        #expect(production.out.contains("from postgres-production  (criterion 1, rank 1, decided by env_type)"))
    }

    @Test func graph() async throws {
        let outcome = await run("graph")
        try expectGolden(outcome.out, "offline-graph.txt")
        #expect(await run("graph", more: "--format", "dot").out.hasPrefix("digraph deployment {\n"))
    }

    @Test("Problems of definitions name their file and line")
    func problems() async throws {
        let bad = try tool.home.write(
            Self.definitions.replacing("{{ .init.label }}", with: "{{ .init.label | nosuch }}"), to: "bad.yaml")
        let outcome = await tool.run(
            "score", "render", score, "--definitions", bad, "--values", values, "--image", "nginx:1", "--app", "shop")
        #expect(outcome.status == .failed && outcome.out.isEmpty)
        #expect(
            outcome.err.contains("\(bad):26: DRV-202 dns.default#modules.web.externals.front (definition 'dns')"),
            "\(outcome.err)")
        let twice = await tool.run(
            "score", "render", score, "--definitions", definitions,
            try tool.home.write(Self.definitions.replacing("id: postgres-any", with: "id: other"), to: "twice.yaml"))
        #expect(twice.status != .done)
        let nothing = await tool.run("score", "render", "--definitions", definitions)
        #expect(nothing.status == .usage)
        let missing = await run("score", "render", more: "--time", "yesterday")
        #expect(missing.status == .usage)
    }

    @Test("A folder of definitions may hold other documents; a file that is named may not")
    func otherDocuments() async throws {
        try FileManager.default.createDirectory(atPath: tool.home.file("defs"), withIntermediateDirectories: true)
        _ = try tool.home.write(Self.definitions, to: "defs/a.yaml")
        _ = try tool.home.write("apiVersion: v1\nkind: ConfigMap\n", to: "defs/b.yaml")
        let arguments = ["score", "render", score, "--values", values, "--image", "x", "--app", "shop", "--definitions"]
        #expect(await tool.run(arguments + [tool.home.file("defs")]).status == .done)
        #expect(await tool.run(arguments + [tool.home.file("defs/b.yaml")]).err.contains("ENTITY-105"))
    }

    @Test(
        "What a deployment could not do stands where the Score file asks for it",
        arguments: [
            ("variables: {A: b}", "queue: {type: redis}", "8:3: MATCH-201 redis.default#modules.web.externals.queue"),
            ("variables: {A: b}", "queue: {type: redis, id: jobs}", "8:3: MATCH-201 redis.default#shared.jobs"),
            ("variables: {A: '${resources.env.WHO}'}", "env: {type: environment}", "6:20: PLAN-102"),
            ("args: []", "db: {type: postgres}\n  it: {type: dns, params: {label: '${resources.db.hots}'}}", "9:35: PLAN-107"),
            ("files: {/a.b: {content: '${resources.db.hots}'}}", "db: {type: postgres}", "6:29: PLAN-107"),
            ("volumes: {/var/lib.d/x: {source: data}}", "db: {type: postgres}", "6:15: MAN-104"),
        ]) func errorsOfScoreFiles(container: String, resource: String, expected: String) async throws
    {
        let file = try tool.home.write(
            """
            apiVersion: score.dev/v1b1
            metadata: {name: web}
            containers:
              main:
                image: a
                \(container)
            resources:
              \(resource)
            """, to: "wrong.yaml")
        let outcome = await tool.run("score", "render", file, "--definitions", definitions)
        #expect(outcome.status == .failed)
        // A definition of the type 'workload' reads it once more.
        #expect(outcome.err.contains("\n  \(file):\(expected)") && !outcome.err.contains("\(file):1:1"), "\(outcome.err)")
    }

    @Test func definitionTest() async throws {
        let inputs = try tool.home.write(
            "params: {label: front}\ncontext: {res_id: modules.web.externals.front}\n", to: "inputs.yaml")
        let arguments = ["definition", "test", definitions, "--id", "dns", "--inputs", inputs]
        let outcome = await tool.run(arguments)
        #expect(outcome.status == .done)
        #expect(outcome.out.contains("outputs:\n  host: front.development.example.com\n"))
        let good = try tool.home.write("outputs: {host: front.development.example.com}\nmanifests: []\n", to: "good.yaml")
        #expect(await tool.run(arguments + ["--expect", good]).status == .done)
        let wrong = try tool.home.write("outputs: {host: other, port: 1}\noutptus: {}\n", to: "wrong.yaml")
        let failed = await tool.run(arguments + ["--expect", wrong])
        #expect(failed.status == .failed)
        #expect(
            failed.err == """
                error: 3 problems
                  \(wrong): RENDER-104 outptus: the result has no such part, it has driver_type, id, manifests, outputs, secrets, type; did you mean 'outputs'?
                  \(wrong): RENDER-104 outputs.host: is "front.development.example.com", expected "other"
                  \(wrong): RENDER-104 outputs.port: is missing, expected 1

                """)
        #expect(await tool.run("definition", "test", definitions).status == .usage)
        #expect(await tool.run("definition", "test", definitions, "--id", "dnss").err.contains("did you mean 'dns'?"))
    }

    @Test("Secrets of a tested definition are never shown, and can be asserted")
    func definitionSecrets() async throws {
        let inputs = try tool.home.write("secrets: {username: app, password: correct-horse}\n", to: "inputs.yaml")
        let arguments = ["definition", "test", definitions, "--id", "postgres-any", "--inputs", inputs]
        let outcome = await tool.run(arguments)
        #expect(outcome.out.contains("secrets:\n  password: \"***\"\n  username: \"***\"\n") && !outcome.out.contains("horse"))
        let expected = try tool.home.write("secrets: {username: '***', password: correct-horse}\n", to: "good.yaml")
        #expect(await tool.run(arguments + ["--expect", expected]).status == .done)
        let wrong = try tool.home.write("secrets: {username: '***', password: battery}\n", to: "wrong.yaml")
        let failed = await tool.run(arguments + ["--expect", wrong])
        #expect(failed.err.contains("RENDER-104 secrets.password: is another secret"))
        #expect(!failed.err.contains("horse") && !failed.err.contains("battery"))
    }

    @Test("The example of the tutorials")
    func example() async throws {
        let shop = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../docs/examples/shop").path
        let files = ["\(shop)/score.yaml", "--definitions", "\(shop)/definitions", "--app", "shop"]
        let rendered = await tool.run(["score", "render"] + files)
        #expect(rendered.status == .done && rendered.err.isEmpty)
        try expectGolden(rendered.out, "shop.yaml")
        let tested = await tool.run(
            "definition", "test", "\(shop)/definitions/dns.yaml", "--inputs", "\(shop)/tests/dns.inputs.yaml", "--expect",
            "\(shop)/tests/dns.expected.yaml")
        #expect(tested.status == .done)
    }
}
