import PlatformModel

/// Whether an object is what its document says already.
enum EntityComparison {
    /// Whether a definition's own part is the same; its criteria are compared apart.
    static func sameDefinition(_ present: JSON, _ document: JSON) -> Bool {
        // Plain secrets cannot be read back, so they are written each time.
        if let secrets = document["driver_inputs"]?["secrets"]?.object, !secrets.isEmpty { return false }
        return parts(present) == parts(document)
    }

    static func sameCriteria(_ present: JSON, _ document: JSON) -> Bool {
        criteria(present["criteria"]) == criteria(document["criteria"])
    }

    /// Whether every field that the document names has its value.
    static func sameFields(_ present: JSON, _ document: JSON) -> [String] {
        (document.object ?? [:]).filter { present[$0.key] != $0.value }.keys.sorted()
    }

    private static func parts(_ definition: JSON) -> [JSON] {
        let inputs = definition["driver_inputs"]
        let provision = (definition["provision"]?.object ?? [:]).mapValues { how in
            (try? how.decode(CoProvision.self)).flatMap { try? JSON(encoding: $0) } ?? how
        }
        return [
            definition["name"] ?? .null, .string(DriverName.common(definition["driver_type"]?.string ?? "")),
            .string(definition["driver_account"]?.string ?? ""), filled(inputs?["values"]), filled(inputs?["secret_refs"]),
            .object(provision),
        ]
    }

    /// An empty map, a null and nothing say the same.
    private static func filled(_ value: JSON?) -> JSON { value.flatMap { $0.isNull ? nil : $0 } ?? [:] }

    private static func criteria(_ list: JSON?) -> Set<MatchingCriteria> {
        Set(
            (list?.array ?? []).compactMap { criterion in
                var decoded = try? criterion.decode(MatchingCriteria.self)
                decoded?.id = ""
                return decoded
            })
    }
}
