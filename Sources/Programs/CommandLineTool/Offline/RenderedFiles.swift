import Manifests
import Planning
import PlatformModel
import Preview
import YAML

/// The manifests of a preview as YAML: equal previews give equal bytes. A secret stands as `<secret:STORE:REF>`.
struct RenderedFiles: Sendable {
    struct File: Sendable {
        /// `environment.yaml`, `WORKLOAD.yaml`.
        var name: String
        var objects: [JSON]
    }

    let files: [File]
    private let writer = YAMLWriter(firstKeys: ["apiVersion", "kind", "metadata", "spec"])

    init(_ preview: Preview) {
        var files: [File] = []
        if !preview.environment.isEmpty { files.append(File(name: "environment.yaml", objects: preview.environment)) }
        for (name, rendered) in preview.workloads {
            files.append(File(name: "workload-\(name).yaml", objects: Self.objects(of: rendered)))
        }
        self.files = files
    }

    /// The objects, with secrets by reference.
    private static func objects(of rendered: RenderedWorkload) -> [JSON] {
        guard !rendered.slots.isEmpty else { return rendered.objects }
        var document = JSON.array(rendered.objects)
        for slot in rendered.slots {
            guard let pointer = try? JSONPointer(slot.pointer) else { continue }
            _ = document.set(.string(StandIn.secret(slot.parts)), at: pointer)
        }
        return document.array ?? []
    }

    var objects: [JSON] { files.flatMap(\.objects) }

    func text(of file: File) -> String { writer.text(of: file.objects) }

    /// One stream of all documents, written piece by piece.
    func write(_ write: (String) -> Void) {
        var piece = ""
        for (index, file) in files.enumerated() {
            if index > 0 { piece += "---\n" }
            piece += text(of: file)
            guard piece.utf8.count >= 1 << 16 else { continue }
            write(piece)
            piece = ""
        }
        if !piece.isEmpty { write(piece) }
    }
}
