import PlatformModel

/// Outputs that somebody wrote down: `type[.class][#id]` -> outputs. What a key leaves out may be anything; of several that fit, one
/// with an id comes before one with a class, and that before one with neither.
package struct GivenOutputs: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        var `class`: String?
        var id: String?
        var leaves: SecretLeafDocument

        func fits(_ identity: ResourceIdentity) -> Bool {
            (`class` == nil || `class` == identity.class) && (id == nil || id == identity.id)
        }

        var rank: Int { (id == nil ? 0 : 2) + (`class` == nil ? 0 : 1) }
    }

    /// By type, the most specific first.
    private var entries: [String: [Entry]] = [:]

    package init() {}

    /// Reads `{"postgres.default#shared.db": {"host": "db", "password": {"secret_ref": {"store": ..., "ref": ...}}}}`.
    ///
    /// - Throws: `RENDER-101` for every key that is no reference and every value that is no object.
    package init(_ document: JSON, file: String) throws(PreviewProblems) {
        var problems: [Problem] = []
        guard let members = document.isNull ? [:] : document.object else {
            let message = "a map of TYPE[.CLASS][#ID] to outputs is needed, not \(document.kind)"
            throw PreviewProblems([Problem(code: "RENDER-101", file: file, path: "", message: message)])
        }
        for (key, outputs) in members.sorted(by: { $0.key < $1.key }) {
            let parts = key.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            let kind = parts[0].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            guard kind.count <= 2, !kind.contains(""), parts.count == 1 || !parts[1].isEmpty else {
                problems.append(
                    Problem(
                        code: "RENDER-101", file: file, path: key,
                        message: "is no reference; write TYPE, TYPE.CLASS or TYPE.CLASS#ID"))
                continue
            }
            guard outputs.object != nil else {
                problems.append(
                    Problem(code: "RENDER-101", file: file, path: key, message: "a map of outputs is needed, not \(outputs.kind)")
                )
                continue
            }
            let entry = Entry(
                class: kind.count == 2 ? kind[1] : nil, id: parts.count == 2 ? parts[1] : nil, leaves: SecretLeafDocument(outputs)
            )
            entries[kind[0], default: []].append(entry)
        }
        for (type, list) in entries { entries[type] = list.sorted { $0.rank > $1.rank } }
        guard problems.isEmpty else { throw PreviewProblems(problems) }
    }

    package var isEmpty: Bool { entries.isEmpty }

    func outputs(of identity: ResourceIdentity) -> SecretLeafDocument? {
        entries[identity.type]?.first { $0.fits(identity) }?.leaves
    }
}
