import PlatformModel

/// One object of a workload's manifests that is not what it was.
package struct ManifestChange: Sendable, Hashable, Codable, CustomStringConvertible {
    /// `apps/v1 Deployment web`, with `NAMESPACE/` before the name where it has one.
    package var object: String
    /// `create`, `update` or `delete`.
    package var action: PlanAction
    /// Of an update: the fields, at most 50; an element of a list goes by its name where each has one.
    package var changes: [InputChange]

    package init(object: String, action: PlanAction, changes: [InputChange] = []) {
        self.object = object
        self.action = action
        self.changes = changes
    }

    package var description: String {
        (["\(action.rawValue) \(object)"] + changes.map { "  \($0)" }).joined(separator: "\n")
    }

    /// What differs between two renderings of a workload: arrays of Kubernetes objects, with a slot wherever a secret goes. Secrets
    /// are compared and shown as fingerprints. In the order of the objects' names; that of the objects themselves does not matter.
    package static func between(_ before: ResolvedDocument, _ after: ResolvedDocument) -> [ManifestChange] {
        let old = objects(before), new = objects(after)
        return Set(old.keys).union(new.keys).sorted().compactMap { name in
            switch (old[name], new[name]) {
            case (nil, _?): return ManifestChange(object: name, action: .create)
            case (_?, nil): return ManifestChange(object: name, action: .delete)
            case (let old?, let new?):
                let changes = DocumentLeaves.changes(
                    from: DocumentLeaves(old, namesElements: true), to: DocumentLeaves(new, namesElements: true))
                guard !changes.isEmpty else { return nil }
                return ManifestChange(object: name, action: .update, changes: Array(changes.prefix(InputChange.limit)))
            case (nil, nil): return nil
            }
        }
    }

    private static func objects(_ rendered: ResolvedDocument) -> [String: ResolvedDocument] {
        var slots: [Int: [SecretSlot]] = [:]
        for slot in rendered.slots {
            guard let tokens = try? JSONPointer(slot.pointer).tokens, let index = tokens.first.flatMap({ Int($0) }) else {
                continue
            }
            let inner = JSONPointer(tokens: Array(tokens.dropFirst())).description
            slots[index, default: []].append(SecretSlot(pointer: inner, parts: slot.parts))
        }
        var objects: [String: ResolvedDocument] = [:]
        for (index, object) in (rendered.document.array ?? []).enumerated() {
            objects[name(of: object, index)] = ResolvedDocument(object, slots: slots[index] ?? [])
        }
        return objects
    }

    private static func name(of object: JSON, _ index: Int) -> String {
        guard let kind = object["kind"]?.string, let name = object["metadata"]?["name"]?.string else { return "object \(index)" }
        let namespace = object["metadata"]?["namespace"]?.string.map { $0 + "/" } ?? ""
        return "\(object["apiVersion"]?.string ?? "") \(kind) \(namespace)\(name)"
    }
}
