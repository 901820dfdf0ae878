import PlatformModel

/// The typed form of a document that has passed the schema: what is of another type here was refused before.
extension ScoreNode {
    var document: ScoreDocument {
        ScoreDocument(
            metadata: self["metadata"]?.json ?? [:],
            service: self["service"].map { ScoreDocument.Service(ports: $0.map("ports", \.port)) },
            containers: map("containers", \.container) ?? [:], resources: map("resources", \.resource))
    }

    private var content: String { string ?? "" }

    private func text(_ key: String) -> String? { self[key]?.string }

    private func number(_ key: String) -> Int? { self[key]?.json.int }

    private func flag(_ key: String) -> Bool? { self[key]?.json.bool }

    private func texts(_ key: String) -> [String]? { self[key]?.elements.map(\.content) }

    /// The map under a key, nil without that key; of equal keys the last one counts.
    private func map<Value>(_ key: String, _ value: (ScoreNode) -> Value) -> [String: Value]? {
        guard let entries = self[key]?.entries else { return nil }
        var values = [String: Value](minimumCapacity: entries.count)
        for entry in entries { values[entry.key] = value(entry.value) }
        return values
    }

    private var port: ScoreDocument.Port {
        ScoreDocument.Port(port: number("port") ?? 0, targetPort: number("targetPort"), protocol: text("protocol"))
    }

    private var resource: ScoreDocument.Resource {
        ScoreDocument.Resource(
            type: text("type") ?? "", class: text("class"), id: text("id"), metadata: self["metadata"]?.json,
            params: self["params"]?.json)
    }

    private var container: ScoreDocument.Container {
        ScoreDocument.Container(
            image: text("image") ?? "", command: texts("command"), args: texts("args"), variables: map("variables", \.content),
            files: map("files", \.file), volumes: map("volumes", \.volume), resources: self["resources"]?.compute,
            livenessProbe: self["livenessProbe"]?.probe, readinessProbe: self["readinessProbe"]?.probe,
            before: map("before") { ScoreDocument.Before(ready: $0.text("ready") ?? "") })
    }

    private var file: ScoreDocument.File {
        ScoreDocument.File(
            mode: text("mode"), content: text("content"), binaryContent: text("binaryContent"), source: text("source"),
            noExpand: flag("noExpand"))
    }

    private var volume: ScoreDocument.Volume {
        ScoreDocument.Volume(source: text("source") ?? "", path: text("path"), readOnly: flag("readOnly"))
    }

    private var compute: ScoreDocument.Compute {
        ScoreDocument.Compute(limits: map("limits", \.content), requests: map("requests", \.content))
    }

    private var probe: ScoreDocument.Probe {
        ScoreDocument.Probe(
            exec: self["exec"].map { ScoreDocument.Exec(command: $0.texts("command") ?? []) }, httpGet: self["httpGet"]?.httpGet)
    }

    private var httpGet: ScoreDocument.HTTPGet {
        ScoreDocument.HTTPGet(
            host: text("host"), scheme: text("scheme"), path: text("path") ?? "", port: number("port") ?? 0,
            httpHeaders: self["httpHeaders"]?.elements.map {
                ScoreDocument.Header(name: $0.text("name") ?? "", value: $0.text("value") ?? "")
            })
    }
}
