import Planning
import PlatformModel
import Testing

struct ManifestChangeTests {
    private func deployment(_ image: String, _ variables: [(String, JSON)], replicas: JSON = 1) -> JSON {
        [
            "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web", "namespace": "dev"],
            "spec": [
                "replicas": replicas,
                "containers": [
                    [
                        "name": "main", "image": .string(image),
                        "env": .array(variables.map { ["name": .string($0.0), "value": $0.1] }),
                    ]
                ],
            ],
        ]
    }

    private func object(_ kind: String) -> JSON { ["apiVersion": "v1", "kind": .string(kind), "metadata": ["name": "web"]] }

    @Test func fieldsAndObjectsAreNamed() {
        let before = ResolvedDocument([object("Service"), deployment("web:1", [("A", "1"), ("C", "3")])])
        let after = ResolvedDocument([deployment("web:2", [("A", "1"), ("B", "2"), ("C", "3")]), object("ConfigMap")])
        let changes = ManifestChange.between(before, after)
        #expect(
            changes.map(\.description) == [
                """
                update apps/v1 Deployment dev/web
                  /spec/containers/main/env/B/name: nothing -> "B"
                  /spec/containers/main/env/B/value: nothing -> "2"
                  /spec/containers/main/image: "web:1" -> "web:2"
                """, "create v1 ConfigMap web", "delete v1 Service web",
            ])
        #expect(ManifestChange.between(before, before).isEmpty)
        let same = ResolvedDocument([deployment("web:1", [("A", "1"), ("C", "3")], replicas: 1.0), object("Service")])
        #expect(ManifestChange.between(before, same).isEmpty, "order and spelling of numbers are no change")
    }

    /// A secret shows as the fingerprint of where it is kept, also where it becomes plain or the other way round.
    @Test func secretsAreFingerprints() throws {
        func rendered(_ reference: String?, _ plain: JSON = .null) -> ResolvedDocument {
            let slots = reference.map {
                [
                    SecretSlot(
                        pointer: "/0/spec/containers/0/env/0/value", parts: [.text("x"), .reference(SecretReference(ref: $0))])
                ]
            }
            return ResolvedDocument([deployment("web:1", [("A", plain)])], slots: slots ?? [])
        }
        #expect(ManifestChange.between(rendered("one"), rendered("one")).isEmpty)
        let moved = try #require(ManifestChange.between(rendered("one"), rendered("two")).first?.changes.first)
        guard case .secret(let before)? = moved.before, case .secret(let after)? = moved.after else {
            Issue.record("\(moved)")
            return
        }
        #expect(before != after && !moved.description.contains("one") && moved.path == "/spec/containers/main/env/A/value")
        let opened = try #require(ManifestChange.between(rendered("one"), rendered(nil, "plain")).first?.changes.first)
        #expect(opened.before == .secret(fingerprint: before) && opened.after == .value("plain"))
    }
}
