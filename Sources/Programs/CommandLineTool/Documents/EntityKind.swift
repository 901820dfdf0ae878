import PlatformModel

/// The kinds of `entity.humanitec.io/v1b1` documents, in the order in which they can be made.
enum EntityKind: String, Sendable, CaseIterable {
    case environmentType = "EnvironmentType"
    case resourceType = "ResourceType"
    case resourceClass = "ResourceClass"
    case driver = "Driver"
    case workloadProfile = "WorkloadProfile"
    case application = "Application"
    case environment = "Environment"
    case definition = "Definition"

    /// For people.
    var words: String {
        switch self {
        case .environmentType: "environment type"
        case .resourceType: "resource type"
        case .resourceClass: "resource class"
        case .driver: "driver"
        case .workloadProfile: "workload profile"
        case .application: "application"
        case .environment: "environment"
        case .definition: "definition"
        }
    }

    var metadata: EntityShape {
        switch self {
        case .environment: .object(["id": .string, "app_id": .string], required: ["id", "app_id"])
        case .resourceClass: .object(["id": .string, "type": .string], required: ["id", "type"])
        default: .object(["id": .string], required: ["id"])
        }
    }

    /// The fields of the API's request.
    var entity: EntityShape {
        switch self {
        case .environmentType: .object(["description": .string], required: [])
        case .resourceType:
            .object(
                [
                    "name": .string, "category": .string, "use": .string, "inputs_schema": .map(.any),
                    "outputs_schema": .map(.any),
                ],
                required: ["use"])
        case .resourceClass: .object(["description": .string], required: ["description"])
        case .driver:
            .object(
                [
                    "type": .string, "target": .string, "template": .string, "inputs_schema": .map(.any),
                    "account_types": .list(.string),
                ],
                required: ["target"])
        case .workloadProfile:
            .object(
                [
                    "description": .string, "deprecation_message": .string, "version": .string, "spec_definition": .map(.any),
                    "workload_profile_chart": .object(["id": .string, "version": .string], required: ["id", "version"]),
                ],
                required: ["spec_definition", "workload_profile_chart"])
        case .application:
            .object(
                ["name": .string, "env": .object(["id": .string, "name": .string, "type": .string], required: ["id"])],
                required: [])
        case .environment: .object(["name": .string, "type": .string, "from_deploy_id": .string], required: ["type"])
        case .definition:
            .object(
                [
                    "name": .string, "type": .string, "driver_type": .string, "driver_account": .string,
                    "in_place_driver_change": .bool,
                    "driver_inputs": .object(
                        ["values": .map(.any), "secrets": .map(.any), "secret_refs": .map(.any)], required: []),
                    "criteria": .list(
                        .object(
                            ["env_type": .string, "app_id": .string, "env_id": .string, "res_id": .string, "class": .string],
                            required: [])),
                    "provision": .map(
                        .object(["is_dependent": .bool, "match_dependents": .bool, "params": .map(.any)], required: [])),
                ], required: ["name", "type", "driver_type"])
        }
    }

    /// The rule of the id, where it is ours to know.
    var identifier: IdentifierRule? {
        switch self {
        case .environmentType, .application, .environment: .application
        case .definition, .driver: .organization
        case .resourceType, .resourceClass, .workloadProfile: nil
        }
    }
}

/// What a document may hold.
indirect enum EntityShape: Sendable {
    case string, bool, any
    case map(EntityShape)
    case list(EntityShape)
    case object([String: EntityShape], required: [String])
}

extension EntityShape {
    /// A document without the members that are null: they are as good as left out. What only its driver understands stays.
    func pruned(_ value: JSON) -> JSON {
        switch (self, value) {
        case (.object(let fields, _), .object(let members)):
            .object(
                Dictionary(
                    uniqueKeysWithValues: members.compactMap { key, member in
                        member.isNull ? nil : (key, fields[key]?.pruned(member) ?? member)
                    }))
        case (.object, .null): [:]
        case (.map(let element), .object(let members)): .object(members.mapValues(element.pruned))
        case (.list(let element), .array(let elements)): .array(elements.map(element.pruned))
        default: value
        }
    }
}
