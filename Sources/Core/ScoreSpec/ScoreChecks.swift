import PlatformModel

/// What the schema cannot say: placeholders, the order of containers, base64. Works on documents that the schema refuses too, so that
/// all problems are told at once.
struct ScoreChecks {
    private let metadata: JSON
    private let resources: [String]
    private var problems: ProblemList

    /// What a placeholder in a document may name.
    init(metadata: JSON, resources: [String], problems: ProblemList = ProblemList()) {
        self.metadata = metadata
        self.resources = resources
        self.problems = problems
    }

    static func check(_ root: ScoreNode, _ problems: inout ProblemList) {
        var checks = ScoreChecks(
            metadata: root["metadata"]?.json ?? [:], resources: root["resources"]?.entries.map(\.key) ?? [], problems: problems)
        let containers = root["containers"]?.entries ?? []
        for container in containers { checks.check(container: container) }
        for resource in root["resources"]?.entries ?? [] {
            guard let params = resource.value["params"] else { continue }
            let path = ["resources", resource.key, "params"]
            checks.checkTexts(in: params, path: path)
            checks.checkNames(of: params, type: resource.value["type"]?.string ?? "", path: path)
        }
        checks.checkOrder(containers)
        problems = checks.problems
    }

    /// A parameter whose name is close to one of a built-in type, and is not it, was meant to be that one. Any other name is between
    /// the team and its definitions.
    private mutating func checkNames(of params: ScoreNode, type: String, path: [String]) {
        let properties = ResourceType.builtIn.first { $0.type == type }?.inputsSchema["properties"]?.object ?? [:]
        let given = Set(params.entries.map(\.key))
        for entry in params.entries where properties[entry.key] == nil {
            let missing = properties.keys.filter { !given.contains($0) }
            guard let meant = nearestName(to: entry.key, among: missing) else { continue }
            problems.add(
                "212", path + [entry.key], at: entry.origin, "the resource type '\(type)' has no such parameter",
                suggestion: meant)
        }
    }

    private mutating func check(container: ScoreNode.Entry) {
        let path = ["containers", container.key]
        for variable in container.value["variables"]?.entries ?? [] {
            checkTexts(in: variable.value, path: path + ["variables", variable.key])
        }
        for file in container.value["files"]?.entries ?? [] {
            let path = path + ["files", file.key]
            if let content = file.value["content"], file.value["noExpand"]?.json.bool != true {
                checkTexts(in: content, path: path + ["content"])
            }
            if let binary = file.value["binaryContent"], let text = binary.string, !Base64.isValid(text) {
                problems.add("208", path + ["binaryContent"], at: binary.origin, "the text is not standard base64 with padding")
            }
        }
        for volume in container.value["volumes"]?.entries ?? [] {
            guard let source = volume.value["source"] else { continue }
            checkTexts(in: source, path: path + ["volumes", volume.key, "source"], mayBeWhole: true)
        }
    }

    /// Every placeholder in the strings of a value. `mayBeWhole`: a resource may stand for itself, without an output.
    mutating func checkTexts(in node: ScoreNode, path: [String], mayBeWhole: Bool = false) {
        switch node.kind {
        case .scalar(.string(let text)):
            for case .reference(let reference) in ScoreText.parts(of: text) {
                check(reference, mayBeWhole, at: node.origin, path)
            }
        case .scalar: break
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                checkTexts(in: element, path: path + ["\(index)"], mayBeWhole: mayBeWhole)
            }
        case .map(let entries):
            for entry in entries { checkTexts(in: entry.value, path: path + [entry.key], mayBeWhole: mayBeWhole) }
        }
    }

    var found: ProblemList { problems }

    private mutating func check(_ reference: String, _ mayBeWhole: Bool, at origin: ScoreOrigin, _ path: [String]) {
        let shown = "'${\(reference.prefix(100))}'"
        let segments = ScoreText.split(reference)
        func isName(_ text: String) -> Bool {
            !text.isEmpty
                && text.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0)
                        || "_-./".utf8.contains($0)
                }
        }
        guard segments.count > 1, segments.allSatisfy(isName) else {
            return problems.add(
                "201", path, at: origin,
                "\(shown) is no placeholder: write ${metadata.KEY} or ${resources.NAME.OUTPUT}, or $${...} for the text itself")
        }
        switch segments[0] {
        case "metadata": checkMetadata(segments, shown, at: origin, path)
        case "resources":
            if !resources.contains(segments[1]) {
                problems.add(
                    "203", path, at: origin,
                    "\(shown) names a resource '\(segments[1].prefix(80))' that is not declared under 'resources'",
                    suggestion: nearestName(to: segments[1], among: resources))
            } else if segments.count == 2, !mayBeWhole {
                problems.add("201", path, at: origin, "\(shown) lacks the output: write ${resources.\(segments[1]).OUTPUT}")
            }
        default:
            problems.add(
                "202", path, at: origin,
                "\(shown) begins with neither 'metadata' nor 'resources'; write $${...} for the text itself",
                suggestion: nearestName(to: segments[0], among: ["metadata", "resources"]))
        }
    }

    private mutating func checkMetadata(_ segments: [String], _ shown: String, at origin: ScoreOrigin, _ path: [String]) {
        var value = metadata
        for segment in segments.dropFirst() {
            guard let next = value[segment] else {
                return problems.add(
                    "204", path, at: origin, "\(shown): there is no '\(segment.prefix(80))' in the metadata",
                    suggestion: nearestName(to: segment, among: value.object.map { Array($0.keys) } ?? []))
            }
            value = next
        }
    }

    /// `before` names other containers, and there is a first one.
    private mutating func checkOrder(_ containers: [ScoreNode.Entry]) {
        let names = containers.map(\.key)
        var earlier: [String: [String]] = [:]
        for container in containers {
            for entry in container.value["before"]?.entries ?? [] {
                let path = ["containers", container.key, "before", entry.key]
                if entry.key == container.key {
                    problems.add("205", path, at: entry.origin, "a container cannot come before itself")
                } else if !names.contains(entry.key) {
                    problems.add(
                        "205", path, at: entry.origin, "there is no container '\(entry.key.prefix(80))'",
                        suggestion: nearestName(to: entry.key, among: names.filter { $0 != container.key }))
                } else {
                    earlier[container.key, default: []].append(entry.key)
                }
            }
        }
        guard let cycle = Self.cycle(in: earlier), let first = containers.first(where: { $0.key == cycle[0] }) else { return }
        problems.add(
            "205", ["containers", first.key, "before"], at: first.value["before"]?.origin ?? first.origin,
            "the containers wait for each other: \((cycle + [cycle[0]]).joined(separator: " after "))")
    }

    /// The members of one cycle, in order, beginning with the least.
    private static func cycle(in earlier: [String: [String]]) -> [String]? {
        var done: Set<String> = []
        for start in earlier.keys.sorted() where !done.contains(start) {
            var stack = [(start, earlier[start, default: []].sorted()[...])]
            while let (name, rest) = stack.last {
                guard let next = rest.first else {
                    done.insert(name)
                    stack.removeLast()
                    continue
                }
                stack[stack.count - 1].1 = rest.dropFirst()
                if let index = stack.firstIndex(where: { $0.0 == next }) {
                    let members = stack[index...].map(\.0)
                    let least = members.indices.min { members[$0] < members[$1] } ?? 0
                    return Array(members[least...] + members[..<least])
                }
                if !done.contains(next) { stack.append((next, earlier[next, default: []].sorted()[...])) }
            }
        }
        return nil
    }
}
