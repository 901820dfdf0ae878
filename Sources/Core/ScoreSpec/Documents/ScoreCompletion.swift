import PlatformModel

/// Fills in what a Score file leaves to its deployment: images and the content of files.
struct ScoreCompletion {
    private let options: ScoreOptions
    /// What a deployment cannot do without.
    private(set) var doubts = ProblemList()
    private(set) var warnings = ProblemList()

    init(_ options: ScoreOptions) { self.options = options }

    mutating func complete(_ root: inout ScoreNode) {
        // Nothing is copied where nothing is open.
        guard root["containers"]?.entries.contains(where: { isOpen($0.value) }) == true, var containers = root["containers"]
        else {
            return
        }
        containers.mapValues { container, name in
            setImage(&container, name)
            guard options.source != nil || options.isComplete, var files = container["files"] else { return }
            files.mapValues { file, target in readSource(&file, place: ["containers", name, "files", target, "source"]) }
            container["files"] = files
        }
        root["containers"] = containers
    }

    private func isOpen(_ container: ScoreNode) -> Bool {
        container["image"]?.string == "." || container["files"]?.entries.contains { $0.value["source"] != nil } == true
    }

    private mutating func setImage(_ container: inout ScoreNode, _ name: String) {
        guard let image = container["image"], image.string == "." else { return }
        if let given = options.image, !given.isEmpty, given != "." {
            container["image"] = ScoreNode(.scalar(.string(given)), origin: image.origin)
        } else if options.isComplete {
            doubts.add(
                "206", ["containers", name, "image"], at: image.origin,
                "the image is to be given at deploy time ('.'): give it with --image")
        }
    }

    /// Replaces `source` by the content it names.
    private mutating func readSource(_ file: inout ScoreNode, place: [String]) {
        guard let source = file["source"], let path = source.string, !path.isEmpty else { return }
        let shown = "the file '\(path.prefix(200))'"
        guard !Self.leavesFolder(path) else {
            return doubts.add(
                "207", place, at: source.origin,
                "\(shown) lies outside of the Score file's folder; move it there, and name it from there")
        }
        guard let bytes = options.source?(path) else {
            return doubts.add("207", place, at: source.origin, "\(shown) cannot be read")
        }
        // A Kubernetes ConfigMap or Secret holds no more.
        guard bytes.count <= 1 << 20 else { return doubts.add("207", place, at: source.origin, "\(shown) has more than 1 MiB") }
        file["source"] = nil
        if !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) {
            file["content"] = ScoreNode(.scalar(.string(text)), origin: source.origin)
            return
        }
        file["binaryContent"] = ScoreNode(.scalar(.string(Base64.encode(bytes))), origin: source.origin)
        if file["noExpand"]?.json.bool != true {
            warnings.add(
                "207", place, at: source.origin,
                "\(shown) is no UTF-8 text, so placeholders are not expanded in it; say so with noExpand: true")
        }
    }

    /// Whether a path as written leads out of the folder that it is seen from.
    static func leavesFolder(_ path: String) -> Bool {
        guard path.utf8.first != UInt8(ascii: "/") else { return true }
        var depth = 0
        for part in path.utf8.split(separator: UInt8(ascii: "/")) where !part.elementsEqual(".".utf8) {
            depth += part.elementsEqual("..".utf8) ? -1 : 1
            if depth < 0 { return true }
        }
        return false
    }
}
