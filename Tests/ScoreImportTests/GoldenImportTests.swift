import FoundationEssentials
import PlatformModel
import ScoreImport
import ScoreSpec
import Testing

/// Whole files and what becomes of them. `MARTLET_REWRITE_GOLDEN=1 swift test` rewrites the results; look at the difference before
/// committing it.
@Suite struct GoldenImportTests {
    @Test func compose() throws {
        let read: @Sendable (String, String) -> [UInt8]? = { path, _ in
            switch path {
            case "web.env": Array("# of the shop\nexport GREETING=\"hello\\n$NAME\" \nMODE=fast # really\nQUOTED='$x'\n".utf8)
            case "./nginx.conf": Array("server {}\n".utf8)
            default: nil
            }
        }
        try expect("compose/compose.yaml", .init(read: read))
    }

    @Test func kubernetes() throws { try expect("kubernetes/manifests.yaml", .init()) }

    private func expect(_ name: String, _ options: ScoreImporter.Options) throws {
        let file = name.split(separator: "/").last.map(String.init) ?? name
        let result = try ScoreImporter.read([.init(try Golden.bytes(name), file: file)], options: options)
        var text = ""
        for workload in result.workloads {
            text += "--- \(workload.name).score.yaml\n\(workload.text)"
            if let extensions = workload.extensionsText { text += "--- \(workload.name).extensions.yaml\n\(extensions)" }
            _ = try ScoreReader.read(Array(workload.text.utf8), file: workload.name)
            if let text = workload.extensionsText { _ = try ScoreExtension.read(Array(text.utf8), file: workload.name) }
        }
        text += "--- notes\n" + result.notes.map { $0.description + "\n" }.joined()
        try Golden.expect(text, String(name.prefix { $0 != "/" }) + "/expected.txt")
    }
}

enum Golden {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")

    static func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: folder.appending(path: name))) }

    static func expect(_ text: String, _ name: String, _ location: SourceLocation = #_sourceLocation) throws {
        if ProcessInfo.processInfo.environment["MARTLET_REWRITE_GOLDEN"] == "1" {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        #expect(text == String(decoding: try bytes(name), as: UTF8.self), "differs from \(name)", sourceLocation: location)
    }
}
