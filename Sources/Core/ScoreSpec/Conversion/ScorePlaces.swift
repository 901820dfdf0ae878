import PlatformModel
import YAML

/// Where in Score files stands what a problem of their deployment speaks of.
package struct ScorePlaces: Sendable {
    /// Workload -> its Score file.
    private var files: [String: ScoreFile] = [:]

    package init(_ workloads: [ScoreWorkload]) {
        for workload in workloads { files[workload.score.name] = workload.score }
    }

    /// Problems of workloads and of their resources, each at its place; beyond what is read by anyone, nothing is looked for.
    package func placed(_ problems: [Problem]) -> [Problem] {
        problems.enumerated().map { index, problem in
            guard index < 200, problem.file == nil, let origin = origin(of: problem.path) else { return problem }
            var placed = problem
            (placed.file, placed.line, placed.column) = (origin.file, origin.mark?.line, origin.mark?.column)
            return placed
        }
    }

    /// `modules.WORKLOAD.spec.A.B`, `TYPE.CLASS#modules.WORKLOAD /spec/A/B:1:1`, `TYPE.CLASS#modules.WORKLOAD.externals.NAME` or
    /// `TYPE.CLASS#shared.ID`, the last two with ` /params/A:1:1` as well.
    private func origin(of path: String) -> ScoreOrigin? {
        let parts = path.split(separator: "#", maxSplits: path.hasPrefix("modules.") ? 0 : 1)
        guard let words = parts.last?.split(separator: " ", maxSplits: 1), let owner = words.first else { return nil }
        let inside = words.count == 2 ? Self.pointer(words[1]) : []
        if parts.count == 2, owner.hasPrefix("shared.") { return shared(String(parts[0]), id: owner.dropFirst(7), inside) }
        guard owner.hasPrefix("modules.") else { return nil }
        let named = owner.dropFirst(8).split(separator: ".", maxSplits: 1)
        guard let workload = named.first, let root = files[String(workload)]?.readAgain() else { return nil }
        if named.count == 2, named[1].hasPrefix("externals.") {
            return root.place(of: ["resources", String(named[1].dropFirst(10))] + inside)
        }
        return root.place(of: Self.written(words.count == 2 ? inside : Self.dotted(named.count == 2 ? named[1] : "")))
    }

    private func shared(_ kind: String, id: Substring, _ inside: [String]) -> ScoreOrigin? {
        for (_, file) in files.sorted(by: { $0.key < $1.key }) {
            for (name, resource) in (file.document.resources ?? [:]).sorted(by: { $0.key < $1.key })
            where resource.id ?? "" == id && kind == "\(resource.type).\(resource.class ?? "default")" {
                return file.readAgain()?.place(of: ["resources", name] + inside)
            }
        }
        return nil
    }

    /// `/spec/containers/web/variables/A:1:5`, the last two being a place in the text.
    private static func pointer(_ text: Substring) -> [String] {
        var end = text.endIndex
        for _ in 0..<2 {
            guard let colon = text[..<end].lastIndex(of: ":"), Int(text[text.index(after: colon)..<end]) != nil else { break }
            end = colon
        }
        return (try? JSONPointer(String(text[..<end])))?.tokens ?? []
    }

    /// `spec.containers.web.volume_mounts./var/lib.d/x.id`: a path in the container may have dots itself.
    private static func dotted(_ text: Substring) -> [String] {
        let parts = text.split(separator: ".", maxSplits: 4).map(String.init)
        guard parts.count == 5, ["files", "volume_mounts"].contains(parts[3]), let dot = parts[4].lastIndex(of: ".") else {
            return parts
        }
        return parts[...3] + [String(parts[4][..<dot])]
    }

    /// The place in the module, or in the params of the workload's own resource, as the Score file has it.
    private static func written(_ tokens: [String]) -> [String] {
        let fields = [
            "volume_mounts": "volumes", "liveness_probe": "livenessProbe", "readiness_probe": "readinessProbe",
            "depends_on": "before",
        ]
        var path = tokens
        for word in ["params", "spec"] where path.first == word { path.removeFirst() }
        guard path.count > 2, path[0] == "containers" else { return path }
        path[2] = fields[path[2]] ?? path[2]
        if path.count > 4, path[2] == "files", path[4] == "value" { path[4] = "content" }
        return path
    }
}

extension ScoreNode {
    /// Of the deepest part of the path that is there; nil when none is.
    fileprivate func place(of path: [String]) -> ScoreOrigin? {
        var node = self, place: ScoreOrigin?
        for key in path {
            if let index = Int(key), node.elements.indices.contains(index) {
                node = node.elements[index]
                place = node.origin
            } else if let entry = node.entries.first(where: { $0.key == key }) {
                node = entry.value
                if case .scalar = node.kind { place = node.origin } else { place = entry.origin }
            } else {
                break
            }
        }
        return place
    }
}
