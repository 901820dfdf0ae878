import CommandLineTool
import PlatformModel
import TestSupport
import Testing

/// `definition test` and secrets: none is shown, in whatever form a template writes it.
@Suite struct DefinitionTestTests {
    private func run(_ templates: String) async throws -> Tool.Outcome {
        let tool = try Tool()
        let definition = try tool.home.write(
            """
            apiVersion: entity.humanitec.io/v1b1
            kind: Definition
            metadata: {id: account}
            entity:
              name: account
              type: config
              driver_type: humanitec/template
              driver_inputs:
                secret_refs: {token: {store: vault, ref: token}}
                values:
                  templates:
            \(templates)
            """, to: "definition.yaml")
        let inputs = try tool.home.write("secrets: {token: a-token-of-the-team}\n", to: "inputs.yaml")
        return await tool.run("definition", "test", definition, "--inputs", inputs)
    }

    /// `a-token-of-the-team`, which a Kubernetes Secret would have in base64.
    private static let encoded = "YS10b2tlbi1vZi10aGUtdGVhbQ=="

    @Test(
        "A manifest that would hold one is refused, as a deployment refuses it",
        arguments: [
            (" | quote", "DRV-205"), (" | b64enc", "DRV-205"), (" | dict \"auth\" | toRawJson | b64enc", "DRV-205"),
        ])
    func manifest(_ form: String, _ code: String) async throws {
        let outcome = try await run(
            """
                    manifests:
                      secret.yaml:
                        location: namespace
                        data: |
                          apiVersion: v1
                          kind: Secret
                          metadata: {name: a}
                          data: {token: {{ .driver.secrets.token\(form) }}}
            """)
        #expect(outcome.status == .failed && outcome.out.isEmpty)
        #expect(outcome.err.contains(code), "\(outcome.err)")
        #expect(!outcome.err.contains("a-token-of-the-team") && !outcome.err.contains(Self.encoded))
    }

    @Test("One that was made is masked in the cookie, too")
    func cookie() async throws {
        let outcome = try await run(
            """
                    init: |
                      password: {{ randAlphaNum 24 | quote }}
                    secrets: |
                      password: {{ .init.password }}
                    cookie: |
                      password: {{ .init.password }}
                      given: {{ .driver.secrets.token | b64enc }}
            """)
        #expect(outcome.status == .done, "\(outcome.err)")
        #expect(outcome.out.contains("cookie:\n  given: \"***\"\n  password: \"***\"\n"), "\(outcome.out)")
        #expect(outcome.out.contains("secrets:\n  password: \"***\"\n"), "\(outcome.out)")
    }
}

/// Definitions of the shapes that public libraries have.
@Suite struct DefinitionShapeTests {
    private func run(_ entity: String, inputs: String = "{}") async throws -> Tool.Outcome {
        let tool = try Tool()
        let definition = try tool.home.write(
            "apiVersion: entity.humanitec.io/v1b1\nkind: Definition\nmetadata: {id: tried}\nentity:\n  name: tried\n"
                + entity.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined(),
            to: "definition.yaml")
        return await tool.run(
            "definition", "test", definition, "--inputs", try tool.home.write(inputs, to: "inputs.yaml"), "--output", "json")
    }

    private static let routes = """
        type: ingress
        driver_type: humanitec/template
        driver_inputs:
          values:
            paths: ${resources.dns<route.outputs.path}
            ports: ${resources['dns<route'].outputs.port}
            templates:
              outputs: |
                {{- range $i, $path := .driver.values.paths }}
                {{ $path }}: {{ index $.driver.values.ports $i }}
                {{- end }}
        """

    @Test("What a selector finds is given among the outputs, or as the reference's command has it")
    func selectors() async throws {
        for inputs in [
            "outputs: {\"dns<route\": [{path: /, port: 80}, {path: /api, port: 8080}]}",
            """
            cookie: null
            resource: {}
            secretRefs: {}
            placeholders:
              resources.dns<route.outputs.path: [/, /api]
              resources['dns<route'].outputs.port: [80, 8080]
            """,
        ] {
            let outcome = try await run(Self.routes, inputs: inputs)
            #expect(outcome.status == .done, "\(outcome.err)")
            #expect(try JSON.parse(outcome.out)["outputs"] == ["/": 80, "/api": 8080])
        }
        let none = try await run(Self.routes)
        #expect(try JSON.parse(none.out)["outputs"] == [:])
        let wrong = try await run(Self.routes, inputs: "outputs: {\"dns<route\": [{path: /, prot: 80}]}")
        #expect(wrong.err.contains("PLAN-107") && wrong.err.contains("did you mean 'prot'?"), "\(wrong.err)")
        let shape = try await run(Self.routes, inputs: "outputs: {\"dns<route\": {path: /}}")
        #expect(shape.err.contains("RENDER-101") && shape.err.contains("give a list"), "\(shape.err)")
    }

    @Test("A placeholder that is given counts over everything else, and what is inherited from it follows")
    func placeholders() async throws {
        let outcome = try await run(
            """
            type: config
            driver_type: template
            driver_inputs:
              values:
                templates:
                  outputs: |
                    env: ${context.env.id}
                    id: ${context.res.id}
                    limit: ${resources['config#quota'].outputs.limits-cpu}
                    other: ${resources.dns.guresid}
            """,
            inputs: """
                placeholders:
                  context.env.id: staging
                  context.res.id: shared.main
                  resources['config#quota'].outputs.limits-cpu: 750m
                """)
        #expect(outcome.status == .done, "\(outcome.err)")
        let outputs = try #require(try JSON.parse(outcome.out)["outputs"])
        #expect(outputs["env"] == "staging" && outputs["id"] == "shared.main" && outputs["limit"] == "750m")
    }

    @Test("Placeholders among the secrets are filled in; all else there is a secret")
    func madeSecrets() async throws {
        let outcome = try await run(
            """
            type: k8s-cluster
            driver_type: humanitec/terraform
            driver_account: ${resources.config#backend.account}
            driver_inputs:
              secrets:
                agent_url: ${resources['agent#agent'].outputs.url}
                password: pass${word
                other: ${x}
            """)
        #expect(outcome.status == .done, "\(outcome.err)")
        let secrets = try #require(try JSON.parse(outcome.out)["driver_inputs"]?["secrets"])
        #expect(secrets["agent_url"]?.string == "<known-after-apply:agent.default#agent.outputs.url>")
        #expect(secrets["password"] == "***" && secrets["other"] == "***")
    }

    @Test("A template that reads the account is given one in the inputs, and shows none of it")
    func accounts() async throws {
        let entity = """
            type: config
            driver_type: humanitec/template
            driver_account: aws-dev
            driver_inputs:
              values:
                templates:
                  outputs: "{region: {{ .driver.account.region }}}"
                  secrets: "{key: {{ .driver.secrets.account.key }}}"
            """
        let refused = try await run(entity)
        #expect(refused.status == .failed)
        #expect(refused.err.contains("RENDER-106") && refused.err.contains("'aws-dev'"), "\(refused.err)")
        let outcome = try await run(entity, inputs: "account: {region: eu, key: an-access-key}")
        #expect(outcome.status == .done, "\(outcome.err)")
        #expect(try JSON.parse(outcome.out)["outputs"] == ["region": "eu"])
        #expect(!outcome.out.contains("an-access-key"))
    }

    @Test("A driver of the reference that is not here is refused by name, with what to do")
    func missingDrivers() async throws {
        let outcome = try await run("type: volume\ndriver_type: humanitec/volume-pvc")
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("definition.yaml:1: RENDER-105 definition 'tried' entity.driver_type"), "\(outcome.err)")
        #expect(try await run("type: volume\ndriver_type: acme/disk").status == .done)
    }

    @Test("The inputs that a definition reads can be had, and are read back")
    func generated() async throws {
        let entity = """
            type: ingress
            driver_type: humanitec/template
            driver_account: ${resources.config#aws.account}
            driver_inputs:
              secrets: {agent: "${resources['agent#agent'].outputs.url}"}
              secret_refs: {keys: {private: {store: vault, ref: key}}}
              values:
                paths: ${resources.dns<route.outputs.path}
                templates:
                  outputs: |
                    name: ${context.res.id}
                    host: ${resources.dns.outputs.host}
            """
        let tool = try Tool()
        let text = "apiVersion: entity.humanitec.io/v1b1\nkind: Definition\nmetadata: {id: tried}\nentity:\n  name: tried\n"
        let file = try tool.home.write(
            text + entity.split(separator: "\n").map { "  \($0)\n" }.joined(), to: "definition.yaml")
        let blank = await tool.run("definition", "test", file, "--generate")
        #expect(blank.status == .done, "\(blank.err)")
        let inputs = try tool.home.write(blank.out, to: "inputs.yaml")
        let names = [
            "resources.agent#agent.outputs.url", "resources.config#aws.account", "resources.dns.outputs.host", "context.res.id",
        ]
        for name in names { #expect(blank.out.contains("\(name): \"\"\n"), "\(blank.out)") }
        #expect(blank.out.contains("resources.dns<route.outputs.path: []\n"), "\(blank.out)")
        #expect(blank.out.contains("secrets:\n  keys:\n    private: \"\"\n"), "\(blank.out)")
        let tried = await tool.run("definition", "test", file, "--inputs", inputs)
        #expect(tried.status == .done, "\(tried.err)")
    }

    @Test("What is null is as good as left out, and a driver is never changed in place")
    func nulls() async throws {
        let entity = """
            type: config
            driver_type: humanitec/echo
            driver_account: null
            in_place_driver_change: false
            provision: {dns: null, ingress: {params: null}}
            criteria: null
            driver_inputs: {values: {a: null, b: 1}, secrets: null, secret_refs: null}
            """
        let outcome = try await run(entity)
        #expect(outcome.status == .done, "\(outcome.err)")
        #expect(try JSON.parse(outcome.out)["outputs"] == ["a": .null, "b": 1])
        let changing = try await run(entity.replacing("change: false", with: "change: true"))
        #expect(changing.status == .failed)
        #expect(changing.err.contains("ENTITY-105 entity.in_place_driver_change"), "\(changing.err)")
    }

    @Test("The older form of documents is told how to move, in a folder too")
    func olderForm() async throws {
        let tool = try Tool()
        let file = try tool.home.write(
            "apiVersion: core.api.humanitec.io/v1\nkind: Definition\nmetadata: {id: old}\nobject: {name: old, type: redis}\n",
            to: "old.yaml")
        let outcome = await tool.run("definition", "test", file)
        #expect(outcome.status == .failed)
        #expect(outcome.err.contains("old.yaml:1:13: ENTITY-105 apiVersion") && outcome.err.contains("call 'object' 'entity'"))
        let score = try tool.home.write(
            "apiVersion: score.dev/v1b1\nmetadata: {name: web}\ncontainers: {main: {image: \"web:1\"}}\n", to: "score.yaml")
        let folder = await tool.run("score", "render", score, "--definitions", String(file.dropLast("/old.yaml".utf8.count)))
        #expect(folder.status == .failed && folder.err.contains("ENTITY-105"), "\(folder.err)")
    }

    @Test("A text that begins with a template needs quotes, and is told so")
    func quotes() async throws {
        let outcome = try await run("type: config\ndriver_type: humanitec/template\ndriver_inputs: {values: {a: {{ .x }}}}")
        #expect(outcome.err.contains("YAML-111") && outcome.err.contains("begins with '{{' needs quotes"), "\(outcome.err)")
    }
}
