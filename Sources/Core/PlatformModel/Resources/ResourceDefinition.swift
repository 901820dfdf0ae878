/// How one kind of resource is made, and where (contract: ResourceDefinitionResponse, without its dates).
package struct ResourceDefinition: Sendable, Hashable, Codable {
    package var id: String
    package var name: String
    package var type: String
    /// `humanitec/echo` and `martlet/echo` are the same driver.
    package var driverType: String
    package var driverAccount: String?
    package var driverInputs: DriverInputs
    package var criteria: [MatchingCriteria]
    /// Co-provisioned resources: `type[.class][#id]` -> how.
    package var provision: [String: CoProvision]
    /// The version that is in use; a new one is made by each write.
    package var versionID: String

    package init(
        id: String, name: String, type: String, driverType: String, driverAccount: String? = nil,
        driverInputs: DriverInputs = DriverInputs(), criteria: [MatchingCriteria] = [], provision: [String: CoProvision] = [:],
        versionID: String = ""
    ) {
        self.id = id
        self.name = name
        self.type = type
        self.driverType = driverType
        self.driverAccount = driverAccount
        self.driverInputs = driverInputs
        self.criteria = criteria
        self.provision = provision
        self.versionID = versionID
    }

    private enum CodingKeys: String, CodingKey {
        case id, name, type, criteria, provision
        case driverType = "driver_type"
        case driverAccount = "driver_account"
        case driverInputs = "driver_inputs"
        case versionID = "active_version_id"
    }
}

/// What a definition hands to its driver. `secretRefs` mirrors `values`, with a `SecretReference` at each leaf
/// (contract: ValuesSecretsRefsRequest); plain `secrets` are stored in the broker on write and never kept here.
package struct DriverInputs: Sendable, Hashable, Codable {
    package var values: JSON
    package var secretRefs: JSON

    package init(values: JSON = [:], secretRefs: JSON = [:]) {
        self.values = values
        self.secretRefs = secretRefs
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        values = try container.decodeIfPresent(JSON.self, forKey: .values) ?? [:]
        secretRefs = try container.decodeIfPresent(JSON.self, forKey: .secretRefs) ?? [:]
    }

    private enum CodingKeys: String, CodingKey {
        case values
        case secretRefs = "secret_refs"
    }
}

/// Where a definition applies (humanitec.md 2.1). An absent class means `default`, never "any".
package struct MatchingCriteria: Sendable, Hashable, Codable {
    /// Given by the server; empty in a request.
    package var id: String
    package var envType: String?
    package var appID: String?
    package var envID: String?
    package var resID: String?
    package var `class`: String

    package init(
        id: String = "", envType: String? = nil, appID: String? = nil, envID: String? = nil, resID: String? = nil,
        class: String = "default"
    ) {
        self.id = id
        self.envType = envType
        self.appID = appID
        self.envID = envID
        self.resID = resID
        self.class = `class`
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decodeIfPresent(String.self, forKey: .id) ?? ""
        // `*` and an empty text mean "all values", as in the reference.
        func field(_ key: CodingKeys) throws -> String? {
            let text = try container.decodeIfPresent(String.self, forKey: key)
            return text == "*" || text == "" ? nil : text
        }
        envType = try field(.envType)
        appID = try field(.appID)
        envID = try field(.envID)
        resID = try field(.resID)
        `class` = try field(.class) ?? "default"
    }

    private enum CodingKeys: String, CodingKey {
        case id, `class`
        case envType = "env_type"
        case appID = "app_id"
        case envID = "env_id"
        case resID = "res_id"
    }
}

/// How a co-provisioned resource hangs together with the one whose definition names it (humanitec.md 2.5).
package struct CoProvision: Sendable, Hashable, Codable {
    /// The co-provisioned resource depends on this one.
    package var isDependent: Bool
    /// What depends on this one depends on the co-provisioned one too.
    package var matchDependents: Bool
    package var params: JSON?

    package init(isDependent: Bool = false, matchDependents: Bool = false, params: JSON? = nil) {
        self.isDependent = isDependent
        self.matchDependents = matchDependents
        self.params = params
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        isDependent = try container.decodeIfPresent(Bool.self, forKey: .isDependent) ?? false
        matchDependents = try container.decodeIfPresent(Bool.self, forKey: .matchDependents) ?? false
        params = try container.decodeIfPresent(JSON.self, forKey: .params)
    }

    private enum CodingKeys: String, CodingKey {
        case params
        case isDependent = "is_dependent"
        case matchDependents = "match_dependents"
    }
}

/// A kind of resource (contract: ResourceTypeResponse).
package struct ResourceType: Sendable, Hashable, Codable {
    package var type: String
    package var name: String
    package var category: String
    /// `direct`, `indirect`, `implicit`.
    package var use: String
    package var inputsSchema: JSON
    package var outputsSchema: JSON

    package init(type: String, name: String, category: String, use: String, inputsSchema: JSON = [:], outputsSchema: JSON = [:]) {
        self.type = type
        self.name = name
        self.category = category
        self.use = use
        self.inputsSchema = inputsSchema
        self.outputsSchema = outputsSchema
    }

    private enum CodingKeys: String, CodingKey {
        case type, name, category, use
        case inputsSchema = "inputs_schema"
        case outputsSchema = "outputs_schema"
    }
}
