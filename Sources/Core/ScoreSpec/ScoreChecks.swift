import PlatformModel

/// What the schema cannot say: placeholders, the order of containers, base64, parameters of the built-in types. Works on documents that
/// the schema refuses too, so that all problems are told at once.
struct ScoreChecks {
    private let metadata: ScoreNode?
    /// In their order, and for looking up.
    private let resources: [String]
    private let known: Set<String>
    /// How much text the placeholders of metadata stand for, and what each of them does: a small file must not unfold into a large one.
    private var unfolded = 0
    private var sizes: [String: Int] = [:]
    private static let mostUnfolded = 4 << 20
    private(set) var problems: ProblemList
    /// What the schema lets through and a deployment would not.
    private(set) var doubts = ProblemList()

    /// What a placeholder in a document may name.
    init(root: ScoreNode, problems: ProblemList = ProblemList()) {
        metadata = root["metadata"]
        resources = root["resources"]?.entries.map(\.key) ?? []
        known = Set(resources)
        self.problems = problems
    }

    mutating func check(_ root: ScoreNode) {
        let containers = root["containers"]?.entries ?? []
        for container in containers { check(container: container) }
        for resource in root["resources"]?.entries ?? [] {
            guard let params = resource.value["params"] else { continue }
            checkTexts(in: params, path: ["resources", resource.key, "params"])
            checkNames(of: params, type: resource.value["type"]?.string ?? "", path: ["resources", resource.key, "params"])
        }
        ContainerOrder.check(containers, &problems)
    }

    /// A parameter whose name is close to one of a built-in type, and is not it, was meant to be that one. Any other name is between
    /// the team and its definitions.
    private mutating func checkNames(of params: ScoreNode, type: String, path: @autoclosure () -> [String]) {
        guard let properties = Self.parameters[type] else { return }
        let entries = params.entries
        let missing = properties.filter { name in !entries.contains { $0.key == name } }
        for entry in entries where !properties.contains(entry.key) {
            guard let meant = nearestName(to: entry.key, among: missing) else { continue }
            doubts.add(
                "212", path() + [entry.key], at: entry.origin, "the resource type '\(type)' has no such parameter",
                suggestion: meant)
        }
    }

    /// The built-in types that say which parameters they take.
    private static let parameters: [String: [String]] = ResourceType.builtIn.reduce(into: [:]) { table, type in
        let names = TypeSections(type.inputsSchema).names
        if !names.isEmpty { table[type.type] = names }
    }

    private mutating func check(container: ScoreNode.Entry) {
        let name = container.key
        if let image = container.value["image"], let text = image.string, text.contains("${") {
            doubts.add(
                "201", ["containers", name, "image"], at: image.origin,
                "placeholders stand for themselves in an image; write '.' here and give it at deploy time")
        }
        for variable in container.value["variables"]?.entries ?? [] {
            checkTexts(in: variable.value, path: ["containers", name, "variables", variable.key])
        }
        for file in container.value["files"]?.entries ?? [] {
            if let content = file.value["content"], file.value["noExpand"]?.json.bool != true {
                checkTexts(in: content, path: ["containers", name, "files", file.key, "content"])
            }
            if let binary = file.value["binaryContent"], let text = binary.string, Base64.decode(text) == nil {
                doubts.add(
                    "208", ["containers", name, "files", file.key, "binaryContent"], at: binary.origin,
                    "the text is not standard base64 with padding")
            }
        }
        for volume in container.value["volumes"]?.entries ?? [] {
            guard let source = volume.value["source"] else { continue }
            checkTexts(in: source, path: ["containers", name, "volumes", volume.key, "source"], mayBeWhole: true)
        }
    }

    /// Every placeholder in the strings of a value. `mayBeWhole`: a resource may stand for itself, without an output.
    mutating func checkTexts(in node: ScoreNode, path: @autoclosure () -> [String], mayBeWhole: Bool = false) {
        switch node.kind {
        case .scalar(.string(let text)):
            check(text, path: path(), at: node.origin, mayBeWhole: mayBeWhole)
        case .scalar: break
        case .list(let elements):
            for (index, element) in elements.enumerated() {
                checkTexts(in: element, path: path() + ["\(index)"], mayBeWhole: mayBeWhole)
            }
        case .map(let entries):
            for entry in entries { checkTexts(in: entry.value, path: path() + [entry.key], mayBeWhole: mayBeWhole) }
        }
    }

    /// Every placeholder in a text.
    mutating func check(_ text: String, path: @autoclosure () -> [String], at origin: ScoreOrigin, mayBeWhole: Bool) {
        guard text.holds(UInt8(ascii: "$")) else { return }
        for case .reference(let reference) in ScoreText.parts(of: text) { check(reference, mayBeWhole, at: origin, path()) }
    }

    private mutating func check(
        _ reference: String, _ mayBeWhole: Bool, at origin: ScoreOrigin, _ path: @autoclosure () -> [String]
    ) {
        let shown = "'${\(reference.prefix(100))}'"
        // Nothing that can be named is longer.
        let segments = reference.utf8.count <= 2000 ? ScoreText.split(reference) : []
        guard segments.count > 1, segments.allSatisfy(Self.isName) else {
            return problems.add(
                "201", path(), at: origin,
                "\(shown) is no placeholder: write ${metadata.KEY} or ${resources.NAME.OUTPUT}, or $${...} for the text itself")
        }
        switch segments[0] {
        case "metadata": checkMetadata(reference, segments, shown, at: origin, path())
        case "resources":
            if !known.contains(segments[1]) {
                problems.add(
                    "203", path(), at: origin,
                    "\(shown) names a resource '\(segments[1].prefix(80))' that is not declared under 'resources'",
                    suggestion: nearestName(to: segments[1], among: resources.prefix(500)))
            } else if segments.count == 2, !mayBeWhole {
                problems.add("201", path(), at: origin, "\(shown) lacks the output: write ${resources.\(segments[1]).OUTPUT}")
            }
        default:
            problems.add(
                "202", path(), at: origin,
                "\(shown) begins with neither 'metadata' nor 'resources'; write $${...} for the text itself",
                suggestion: nearestName(to: segments[0], among: ["metadata", "resources"]))
        }
    }

    /// `[A-Za-z0-9_-]+`, and the `.` and `/` that keys of annotations have.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x30...0x39).contains($0) || (0x41...0x5a).contains($0) || (0x61...0x7a).contains($0) || "_-./".utf8.contains($0)
            }
    }

    private mutating func checkMetadata(
        _ reference: String, _ segments: [String], _ shown: String, at origin: ScoreOrigin, _ path: @autoclosure () -> [String]
    ) {
        guard unfolded <= Self.mostUnfolded else { return }
        if let size = sizes[reference] { return unfold(size, at: origin, path()) }
        var value = metadata
        for segment in segments.dropFirst() {
            guard let next = value?[segment] else {
                return problems.add(
                    "204", path(), at: origin, "\(shown): there is no '\(segment.prefix(80))' in the metadata",
                    suggestion: nearestName(to: segment, among: (value?.entries ?? []).prefix(500).map(\.key)))
            }
            value = next
        }
        let size = value?.size ?? 0
        sizes[reference] = size
        unfold(size, at: origin, path())
    }

    private mutating func unfold(_ size: Int, at origin: ScoreOrigin, _ path: @autoclosure () -> [String]) {
        unfolded += size
        guard unfolded > Self.mostUnfolded else { return }
        problems.add(
            "215", path(), at: origin,
            "the placeholders of metadata stand for more than \(Self.mostUnfolded >> 20) MiB of text together")
    }
}
