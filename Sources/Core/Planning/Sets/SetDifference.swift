import PlatformModel

extension DeltaContent {
    /// The change that makes exactly `target` of `source`, as small as object members and equally long arrays allow.
    package static func diff(from source: DeploymentSet, to target: DeploymentSet) -> DeltaContent {
        var delta = DeltaContent()
        delta.modules.remove = source.modules.keys.filter { target.modules[$0] == nil }.sorted()
        for (name, workload) in target.modules {
            guard let before = source.modules[name] else {
                delta.modules.add[name] = workload
                continue
            }
            guard before != workload else { continue }
            delta.modules.update[name] = JSON.operations(from: before.document, to: workload.document)
        }
        let shared = JSON.operations(
            from: .object(source.shared.mapValues(\.document)), to: .object(target.shared.mapValues(\.document)))
        delta.shared = shared
        return delta
    }

    /// Whether it changes nothing.
    package var isEmpty: Bool {
        modules.add.isEmpty && modules.remove.isEmpty && modules.update.isEmpty && shared.isEmpty
    }
}

extension JSON {
    /// The operations (`add`, `remove`, `replace`) that make `target` of `source`, in a stable order.
    package static func operations(from source: JSON, to target: JSON) -> [PatchOperation] {
        var operations: [PatchOperation] = []
        collect(from: source, to: target, at: JSONPointer(), &operations)
        return operations
    }

    private static func collect(from source: JSON, to target: JSON, at place: JSONPointer, _ operations: inout [PatchOperation]) {
        switch (source, target) {
        case _ where source == target:
            return
        case (.object(let before), .object(let after)):
            for key in Set(before.keys).union(after.keys).sorted() {
                let inner = place.appending(key)
                switch (before[key], after[key]) {
                case (let old?, let new?): collect(from: old, to: new, at: inner, &operations)
                case (_?, nil): operations.append(PatchOperation(op: "remove", path: inner.description))
                case (nil, let new?): operations.append(PatchOperation(op: "add", path: inner.description, value: new))
                case (nil, nil): break
                }
            }
        case (.array(let before), .array(let after)) where before.count == after.count:
            for index in before.indices {
                collect(from: before[index], to: after[index], at: place.appending(index), &operations)
            }
        default:
            operations.append(PatchOperation(op: "replace", path: place.description, value: target))
        }
    }
}
