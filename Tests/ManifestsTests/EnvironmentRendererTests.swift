import Manifests
import PlatformModel
import Testing

@Suite struct EnvironmentRendererTests {
    private func manifest(_ location: String, _ text: String, _ source: String = "a.default#b") throws -> InjectedManifest {
        InjectedManifest(DriverManifest(location: location, data: try yaml(text)), source: source)
    }

    private func found(_ manifests: [InjectedManifest]) -> [Problem] {
        do throws(ManifestProblems) {
            _ = try EnvironmentRenderer.render(manifests, namespace: nil)
            return []
        } catch { return error.problems }
    }

    @Test("Cluster-wide objects come first; the others get the namespace unless they name one")
    func order() throws {
        let objects = try EnvironmentRenderer.render(
            [
                try manifest("namespace", "{apiVersion: v1, kind: ConfigMap, metadata: {name: aa}}"),
                try manifest("namespace", "{apiVersion: v1, kind: ConfigMap, metadata: {name: bb, namespace: other}}"),
                try manifest("containers", "{name: side, image: x}"),
                try manifest("cluster", "{apiVersion: v1, kind: Namespace, metadata: {name: shop}}"),
            ], namespace: "shop")
        #expect(objects.map { $0["metadata"]?["name"]?.string } == ["shop", "aa", "bb"])
        #expect(objects.map { $0["metadata"]?["namespace"]?.string } == [nil, "shop", "other"])
    }

    @Test("The same object of two resources counts once; another one of its name is an error that names both")
    func twice() throws {
        let one = try manifest("namespace", "{apiVersion: v1, kind: ConfigMap, metadata: {name: aa}}")
        let same = try manifest("namespace", "{apiVersion: v1, kind: ConfigMap, metadata: {name: aa}}", "c.default#d")
        let other = try manifest(
            "namespace", "{apiVersion: v1, kind: ConfigMap, metadata: {name: aa}, data: {x: '1'}}", "e.default#f")
        #expect(try EnvironmentRenderer.render([one, same], namespace: nil).count == 1)
        let problems = found([one, same, other])
        #expect(problems.map(\.code) == ["MAN-108"])
        #expect(problems.first?.description.contains("e.default#f manifests: a.default#b brings another ConfigMap 'aa'") == true)
        #expect(
            found([try manifest("cluster", "{kind: X}"), try manifest("namespace", "text")]).map(\.code) == [
                "MAN-106", "MAN-106",
            ])
    }
}
