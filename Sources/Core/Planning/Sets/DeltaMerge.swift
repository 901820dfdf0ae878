import PlatformModel

extension DeltaContent {
    /// One delta that does what this one and then `later` does (PATCH of a delta).
    ///
    /// A `remove` whose value is `{"scope": "delta"}` takes earlier operations at its path out of the delta instead of
    /// removing anything from a set (contract: UpdateActionRequest).
    package func merging(_ later: DeltaContent) -> DeltaContent {
        var merged = self
        for name in later.modules.remove {
            merged.modules.add[name] = nil
            merged.modules.update[name] = nil
            if !merged.modules.remove.contains(name) { merged.modules.remove.append(name) }
        }
        for (name, workload) in later.modules.add {
            merged.modules.add[name] = workload
            merged.modules.update[name] = nil
        }
        merged.modules.remove.removeAll { later.modules.add[$0] != nil }
        for (name, operations) in later.modules.update {
            let joined = Self.joined(merged.modules.update[name] ?? [], operations)
            merged.modules.update[name] = joined.isEmpty ? nil : joined
        }
        merged.shared = Self.joined(merged.shared, later.shared)
        return merged
    }

    /// All of them, in order.
    package static func merging(_ deltas: some Sequence<DeltaContent>) -> DeltaContent {
        deltas.reduce(DeltaContent()) { $0.merging($1) }
    }

    private static func joined(_ earlier: [PatchOperation], _ later: [PatchOperation]) -> [PatchOperation] {
        var result = earlier
        for operation in later {
            if operation.op == "remove", operation.value == ["scope": "delta"] {
                result.removeAll { $0.path == operation.path || $0.path.hasPrefix(operation.path + "/") }
            } else {
                result.append(operation)
            }
        }
        return result
    }
}
