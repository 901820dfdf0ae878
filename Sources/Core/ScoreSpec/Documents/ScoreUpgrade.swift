import PlatformModel

/// The forms that Score has given up, brought into the present ones before validation (as score-go does).
struct ScoreUpgrade {
    private var problems: ProblemList
    private var warnings: ProblemList

    static func upgrade(_ root: inout ScoreNode, _ problems: inout ProblemList, _ warnings: inout ProblemList) {
        // Nothing is copied where nothing is old.
        guard root["containers"]?.entries.contains(where: { isOld($0.value) }) == true, var containers = root["containers"] else {
            return
        }
        var upgrade = ScoreUpgrade(problems: problems, warnings: warnings)
        containers.mapValues { container, name in
            for list in ["files", "volumes"] {
                guard let node = container[list], case .list(let elements) = node.kind else { continue }
                container[list] = upgrade.map(elements, origin: node.origin, path: ["containers", name, list])
            }
        }
        root["containers"] = containers
        (problems, warnings) = (upgrade.problems, upgrade.warnings)
    }

    private static func isOld(_ container: ScoreNode) -> Bool {
        for key in ["files", "volumes"] {
            if case .list? = container[key]?.kind { return true }
        }
        return false
    }

    /// A list of things with a `target` becomes a map by target; of two with the same target the last one stays.
    private mutating func map(_ elements: [ScoreNode], origin: ScoreOrigin, path: [String]) -> ScoreNode {
        var entries: [ScoreNode.Entry] = [], places: [String: Int] = [:]
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
            var value = element
            value["target"] = nil
            if path.last == "volumes", let old = value["read_only"] {
                value["read_only"] = nil
                value["readOnly"] = old
            }
            if path.last == "files" { Self.joinLines(&value) }
            let entry = ScoreNode.Entry(key: text, origin: target.origin, value: value)
            if let earlier = places[text] {
                warnings.add(
                    "105", place + ["target"], at: target.origin,
                    "'\(text.prefix(80))' is the target of an earlier entry too: this one wins")
                entries[earlier] = entry
            } else {
                places[text] = entries.count
                entries.append(entry)
            }
        }
        return ScoreNode(.map(entries), origin: origin)
    }

    /// Content given as a list of lines: of texts, numbers and the like.
    private static func joinLines(_ file: inout ScoreNode) {
        guard let content = file["content"], case .list(let lines) = content.kind else { return }
        let texts = lines.compactMap { line -> String? in
            guard case .scalar(let value) = line.kind, !value.isNull else { return nil }
            return value.string ?? value.canonical
        }
        guard texts.count == lines.count else { return }
        file["content"] = ScoreNode(.scalar(.string(texts.joined(separator: "\n"))), origin: content.origin)
    }
}
