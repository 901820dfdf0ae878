import CommandLineTool
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
            (" | quote", "DRV-205"), (" | b64enc", "DRV-205"), (" | dict \"auth\" | toRawJson | b64enc", "RENDER-102"),
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
