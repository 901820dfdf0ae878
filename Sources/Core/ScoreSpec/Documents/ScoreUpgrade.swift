import PlatformModel

/// The forms that Score has given up, brought into the present ones before validation (as score-go does).
enum ScoreUpgrade {
    static func upgrade(_ root: inout ScoreNode, _ problems: inout ProblemList) {
        guard var containers = root["containers"] else { return }
        containers.mapValues { container, name in
            for list in ["files", "volumes"] {
                let path = ["containers", name, list]
                if let node = container[list], case .list(let elements) = node.kind {
                    container[list] = map(elements, origin: node.origin, path: path, &problems)
                }
            }
            if var files = container["files"] {
                files.mapValues { file, _ in joinLines(&file) }
                container["files"] = files
            }
        }
        root["containers"] = containers
    }

    /// A list of things with a `target` becomes a map by target.
    private static func map(
        _ elements: [ScoreNode], origin: ScoreOrigin, path: [String], _ problems: inout ProblemList
    ) -> ScoreNode {
        var entries: [ScoreNode.Entry] = []
        for (index, element) in elements.enumerated() {
            let place = path + ["\(index)"]
            guard case .map = element.kind else {
                problems.add("104", place, at: element.origin, "a map is needed here")
                continue
            }
            guard let target = element["target"], let text = target.string, !text.isEmpty else {
                problems.add("103", place, at: element.origin, "the key 'target' is missing: where to put it in the container")
                continue
            }
            guard !entries.contains(where: { $0.key == text }) else {
                problems.add("105", place + ["target"], at: target.origin, "'\(text)' is the target of an earlier entry too")
                continue
            }
            var value = element
            value["target"] = nil
            if path.last == "volumes", let old = value["read_only"] {
                value["read_only"] = nil
                value["readOnly"] = old
            }
            entries.append(ScoreNode.Entry(key: text, origin: target.origin, value: value))
        }
        return ScoreNode(.map(entries), origin: origin)
    }

    /// Content given as a list of lines.
    private static func joinLines(_ file: inout ScoreNode) {
        guard let content = file["content"], case .list(let lines) = content.kind else { return }
        let texts = lines.compactMap(\.string)
        guard texts.count == lines.count else { return }
        file["content"] = ScoreNode(.scalar(.string(texts.joined(separator: "\n"))), origin: content.origin)
    }
}
