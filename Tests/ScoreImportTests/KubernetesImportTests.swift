import PlatformModel
import ScoreImport
import Testing

@Suite struct KubernetesImportTests {
    private func pod(_ spec: String, _ more: String = "") throws -> ImportResult {
        let lines = spec.split(separator: "\n", omittingEmptySubsequences: false).map { "  \($0)\n" }.joined()
        return try imported("apiVersion: v1\nkind: Pod\nmetadata: {name: web, labels: {app: web}}\nspec:\n\(lines)\(more)")
    }

    private func container(_ text: String) throws -> ImportResult { try pod("containers:\n- {name: web, image: web:1, \(text)}") }

    @Test(arguments: [
        ("128Mi", "128Mi"), ("1.50G", "1.5G"), ("64k", "64K"), ("1e3", "1000"), ("100m", "1"), ("1073741824", "1073741824"),
        ("0.5Gi", "0.5Gi"),
        ("0", nil), ("-1", nil), ("lots", nil), ("1Zi", nil),
    ]) func memory(written: String, expected: String?) throws {
        let result = try container("resources: {limits: {memory: \(written)}}")
        #expect(result.container["resources"]?["limits"]?["memory"]?.string == expected)
        #expect(result.notes.isEmpty == (expected != nil))
    }

    @Test(arguments: [("1", "1"), ("250m", "250m"), (".5", "0.5"), ("2.50", "2.5"), ("1.5m", nil), ("a", nil)])
    func cpu(written: String, expected: String?) throws {
        let result = try container("resources: {requests: {cpu: \(written)}}")
        #expect(result.container["resources"]?["requests"]?["cpu"]?.string == expected)
    }

    @Test func secretsNeverLeaveTheirValue() throws {
        let result = try pod(
            """
            containers:
            - name: web
              image: web:1
              env:
              - {name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}
              - {name: B, valueFrom: {secretKeyRef: {name: t, key: k.l}}}
              envFrom: [{secretRef: {name: s}, prefix: P_}, {secretRef: {name: u}}]
            """,
            """
            ---
            {apiVersion: v1, kind: Secret, metadata: {name: s}, data: {k: dG9wLXNlY3JldA==}, stringData: {m: top-secret}}
            """)
        let values = [result.workloads[0].text, "\(result.notes)"]
        for value in values { #expect(!value.contains("top-secret") && !value.contains("dG9w")) }
        #expect(
            result.container["variables"] == [
                "A": "${resources.env.S_K}", "B": "${resources.env.T_K_L}", "P_k": "${resources.env.S_K}",
                "P_m": "${resources.env.S_M}",
            ])
        let codes = result.notes.map(\.code).sorted()
        #expect(codes == ["IMPORT-201", "IMPORT-203", "IMPORT-203", "IMPORT-203"])
    }

    @Test func filesOfConfigMaps() throws {
        let result = try pod(
            """
            volumes:
            - {name: c, configMap: {name: c, defaultMode: 0400}}
            - name: p
              projected:
                sources: [{configMap: {name: c, items: [{key: a.txt, path: deep/a.txt}]}}, {serviceAccountToken: {path: token}}]
            - {name: lost, configMap: {name: lost}}
            containers:
            - name: web
              image: web:1
              volumeMounts:
              - {name: c, mountPath: /c/}
              - {name: c, mountPath: /one.txt, subPath: a.txt}
              - {name: p, mountPath: /}
              - {name: lost, mountPath: /lost}
              - {name: none, mountPath: /none}
            """,
            """
            ---
            apiVersion: v1
            kind: ConfigMap
            metadata: {name: c}
            data: {a.txt: "a ${x}", empty: ""}
            binaryData: {b.bin: "aGVs\\nbG8="}
            """)
        #expect(
            result.container["files"] == [
                "/c/a.txt": ["content": "a ${x}", "noExpand": true, "mode": "0400"], "/c/empty": ["content": "", "mode": "0400"],
                "/c/b.bin": ["binaryContent": "aGVsbG8=", "mode": "0400"],
                "/one.txt": ["content": "a ${x}", "noExpand": true, "mode": "0400"],
                "/deep/a.txt": ["content": "a ${x}", "noExpand": true],
            ])
        #expect(result.notes.map(\.code) == ["IMPORT-201", "IMPORT-201", "IMPORT-102"])
    }

    @Test func containersThatComeBefore() throws {
        let result = try pod(
            """
            initContainers:
            - {name: one, image: a}
            - {name: two, image: a, restartPolicy: Always}
            - {name: three, image: a}
            containers:
            - {name: web, image: a}
            - {name: web, image: b}
            """)
        let containers = result.score("web")["containers"]
        #expect(containers?["one"]?["before"] == ["two": ["ready": "complete"]])
        #expect(containers?["two"]?["before"] == ["three": ["ready": "started"]])
        #expect(containers?["three"]?["before"] == ["web": ["ready": "complete"], "web-2": ["ready": "complete"]])
        #expect(result.lines == ["11 IMPORT-202 Pod/web.spec.containers.1"])
    }

    @Test func probes() throws {
        let result = try container(
            """
            ports: [{name: http, containerPort: 8080}], livenessProbe: {httpGet: {port: http, scheme: HTTPS, host: a, httpHeaders: [{name: "X Y", value: z}]}},\
             readinessProbe: {exec: {command: [a, 1]}, periodSeconds: 3}, startupProbe: {tcpSocket: {port: 1}}
            """)
        #expect(result.container["livenessProbe"] == ["httpGet": ["port": 8080, "path": "/", "scheme": "HTTPS", "host": "a"]])
        #expect(result.container["readinessProbe"] == ["exec": ["command": ["a", "1"]]])
        #expect(result.notes.map(\.code).sorted() == ["IMPORT-102", "IMPORT-201", "IMPORT-201", "IMPORT-202"])
    }

    @Test func aServiceOfAnotherNameIsFollowed() throws {
        let result = try pod(
            "containers: [{name: web, image: a, env: [{name: SELF, value: 'http://web-svc:81/web-svc'}, {name: FULL, value: 'web-svc.default.svc:81'}]}]",
            """
            ---
            {apiVersion: v1, kind: Service, metadata: {name: web-svc}, spec: {selector: {app: web}, ports: [{port: 81, targetPort: missing}, {port: 53, protocol: UDP}]}}
            ---
            {apiVersion: v1, kind: Service, metadata: {name: other}, spec: {selector: {app: web, tier: x}, ports: [{port: 1}]}}
            """)
        #expect(result.container["variables"] == ["SELF": "http://web:81/web-svc", "FULL": "web:81"])
        #expect(result.score("web")["service"]?["ports"] == ["tcp-81": ["port": 81], "udp-53": ["port": 53, "protocol": "UDP"]])
        #expect(result.notes.map(\.code) == ["IMPORT-202", "IMPORT-102", "IMPORT-201"])
    }

    @Test func aVolumeOfTwoPodsIsOneResource() throws {
        let text = ["one", "two"].map { name in
            """
            {apiVersion: v1, kind: Pod, metadata: {name: \(name)}, spec: {volumes: [{name: v, persistentVolumeClaim: {claimName: media}}],
              containers: [{name: main, image: a, volumeMounts: [{name: v, mountPath: /v, readOnly: true}]}]}}
            """
        }.joined(separator: "\n---\n")
        let result = try imported(text)
        for name in ["one", "two"] { #expect(result.score(name)["resources"] == ["media": ["type": "volume", "id": "media"]]) }
    }

    @Test(arguments: [
        ("a: 1", "IMPORT-101"), ("", "IMPORT-101"), ("- 1", "IMPORT-101"), ("apiVersion: score.dev/v1b1\nkind: x", "IMPORT-101"),
        ("a: [", "YAML-101"),
    ]) func otherFilesAreRefused(text: String, code: String) {
        do {
            _ = try ScoreImporter.read([.init(Array(text.utf8), file: "source.yaml")])
            Issue.record("it was read")
        } catch { #expect(error.problems.map(\.code) == [code]) }
    }

    /// What would repeat without an end is refused in time.
    @Test func copiesAreBounded() {
        let value = String(repeating: "x", count: 2000)
        var text = "{apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: \(value)}}\n"
        for index in 0..<1500 {
            text += """
                ---
                {apiVersion: v1, kind: Pod, metadata: {name: pod-\(index)}, spec: {containers: [{name: main, image: a, envFrom: [{configMapRef: {name: c}}]}]}}

                """
        }
        #expect(throws: ScoreImportError.self) { try ScoreImporter.read([.init(Array(text.utf8), file: "source.yaml")]) }
    }
}
