import PlatformModel

/// A set and its parts as JSON documents: what operations are applied to, compared and hashed.
extension DeploymentSet {
    package var document: JSON {
        ["modules": .object(modules.mapValues(\.document)), "shared": .object(shared.mapValues(\.document))]
    }

    /// The set's id: the SHA-256 of its content in canonical form, as 64 hex digits. Equal content gives an equal id.
    package var contentID: String { SHA256.hex(content { _, _ in }) }

    /// The set's id, and a digest of each workload, from one pass over the content.
    var contentDigests: (id: String, workloads: [String: String]) {
        var workloads: [String: String] = [:]
        workloads.reserveCapacity(modules.count)
        let bytes = content { name, text in workloads[name] = SHA256.hex(Array(text)) }
        return (SHA256.hex(bytes), workloads)
    }

    /// The content in canonical form.
    ///
    /// - Parameter each: sees the canonical form of each workload.
    private func content(_ each: (String, ArraySlice<UInt8>) -> Void) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(contentsOf: #"{"modules":"#.utf8)
        JSON.writeObject(modules, into: &bytes) { name, workload, out in
            let start = out.count
            workload.document.writeCanonical(into: &out)
            each(name, out[start...])
        }
        bytes.append(contentsOf: #","shared":"#.utf8)
        JSON.writeObject(shared, into: &bytes) { _, request, out in request.document.writeCanonical(into: &out) }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }
}

extension Workload {
    package var document: JSON {
        var members: [String: JSON] = [
            "profile": .string(profile), "spec": spec, "externals": .object(externals.mapValues(\.document)),
        ]
        if let deploy {
            members["deploy"] = [
                "when": .string(deploy.when), "success": .string(deploy.success), "timeout": .int(Int64(deploy.timeout)),
            ]
        }
        return .object(members)
    }

    /// Reads the document form back. Nil when anything is not as it must be; `problems` then has each reason, under `path`.
    init?(document: JSON, path: String, problems: inout [Problem]) {
        let before = problems.count
        var reader = DocumentReader(document, path: path, known: ["profile", "spec", "externals", "deploy"])
        let profile = reader.text("profile") ?? ""
        if profile.isEmpty { reader.report("profile", "is missing") }
        let spec = reader.object("spec") ?? [:]
        var externals: [String: ResourceRequest] = [:]
        for (name, value) in (reader.object("externals") ?? [:]).sorted(by: { $0.key < $1.key }) {
            externals[name] = ResourceRequest(document: value, path: "\(path).externals.\(name)", problems: &reader.problems)
        }
        var deploy: DeployCondition?
        if let condition = reader.value("deploy") {
            var inner = DocumentReader(condition, path: "\(path).deploy", known: ["when", "success", "timeout"])
            deploy = DeployCondition(when: inner.text("when"), success: inner.text("success"), timeout: inner.number("timeout"))
            reader.problems += inner.problems
        }
        problems += reader.problems
        guard problems.count == before else { return nil }
        self.init(profile: profile, spec: .object(spec), externals: externals, deploy: deploy)
    }
}

extension ResourceRequest {
    package var document: JSON {
        var members: [String: JSON] = ["type": .string(type)]
        members["class"] = `class`.map(JSON.string)
        members["id"] = id.map(JSON.string)
        members["params"] = params
        return .object(members)
    }

    init?(document: JSON, path: String, problems: inout [Problem]) {
        var reader = DocumentReader(document, path: path, known: ["type", "class", "id", "params"])
        let type = reader.text("type")
        if type == nil, reader.problems.isEmpty { reader.report("type", "is missing") }
        let request = ResourceRequest(
            type: type ?? "", class: reader.text("class"), id: reader.text("id"),
            params: reader.object("params").map(JSON.object))
        problems += reader.problems
        guard reader.problems.isEmpty else { return nil }
        self = request
    }
}

/// Reads the members of one object and remembers what is wrong with them.
private struct DocumentReader {
    private let members: [String: JSON]
    private let path: String
    var problems: [Problem] = []

    init(_ document: JSON, path: String, known: [String]) {
        members = document.object ?? [:]
        self.path = path
        guard document.object != nil else {
            problems.append(Problem(code: "DELTA-103", path: path, message: "an object is needed, not a \(document.kind)"))
            return
        }
        for name in members.keys.sorted() where !known.contains(name) {
            problems.append(
                Problem(
                    code: "DELTA-103", path: "\(path).\(name)",
                    message: "is unknown; \(known.joined(separator: ", ")) can be here",
                    suggestion: nearestName(to: name, among: known)))
        }
    }

    /// The member; nil when it is absent or null.
    func value(_ name: String) -> JSON? { members[name].flatMap { $0.isNull ? nil : $0 } }

    mutating func text(_ name: String) -> String? { read(name, "string", \.string) }

    mutating func number(_ name: String) -> Int? { read(name, "whole number", \.int) }

    mutating func object(_ name: String) -> [String: JSON]? { read(name, "object", \.object) }

    mutating func report(_ name: String, _ message: String) {
        problems.append(Problem(code: "DELTA-103", path: "\(path).\(name)", message: message))
    }

    private mutating func read<Value>(_ name: String, _ kind: String, _ get: (JSON) -> Value?) -> Value? {
        guard let value = value(name) else { return nil }
        guard let result = get(value) else {
            report(name, "a value of kind \(kind) is needed, not \(value.kind)")
            return nil
        }
        return result
    }
}
