/// A workload of a set (contract: ModuleResponse): what a profile needs to run it, and the resources it asks for.
package struct Workload: Sendable, Hashable, Codable {
    /// `humanitec/default-module`, `humanitec/default-job`, `humanitec/default-cronjob`.
    package var profile: String
    /// As the profile defines it; for the default module: containers, service, labels, annotations, replicas, ...
    package var spec: JSON
    /// Private dependencies: name -> {type, class?, id?, params?}.
    package var externals: [String: ResourceRequest]
    package var deploy: DeployCondition?

    package init(profile: String, spec: JSON, externals: [String: ResourceRequest] = [:], deploy: DeployCondition? = nil) {
        self.profile = profile
        self.spec = spec
        self.externals = externals
        self.deploy = deploy
    }

    /// The contract lets a client leave out everything: `{"profile": "humanitec/redis"}` is a workload.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        profile = try container.decodeIfPresent(String.self, forKey: .profile) ?? "humanitec/default-module"
        spec = try container.decodeIfPresent(JSON.self, forKey: .spec) ?? [:]
        externals = try container.decodeIfPresent([String: ResourceRequest].self, forKey: .externals) ?? [:]
        deploy = try container.decodeIfPresent(DeployCondition.self, forKey: .deploy)
    }

    private enum CodingKeys: String, CodingKey { case profile, spec, externals, deploy }
}

/// A resource that a workload or the set asks for.
package struct ResourceRequest: Sendable, Hashable, Codable {
    package var type: String
    package var `class`: String?
    package var id: String?
    package var params: JSON?

    package init(type: String, class: String? = nil, id: String? = nil, params: JSON? = nil) {
        self.type = type
        self.class = `class`
        self.id = id
        self.params = params
    }
}

/// When a workload is deployed relative to the others, and what counts as done (contract: DeployConditionResponse). What a client
/// leaves out has its default from the start, so that the same condition is the same content of a set.
package struct DeployCondition: Sendable, Hashable, Codable {
    /// Seconds until a workload that says nothing else has failed.
    package static let defaultTimeout = 300

    /// When it comes: before all others, with them, after them.
    package enum When: String, Sendable, CaseIterable { case before, deploy, after }

    /// What its deployment waits for: that it is handed over to the deploy target; that it is ready (a job: has run to its end); that it
    /// has run to its end.
    package enum Success: String, Sendable, CaseIterable { case deploy, available, complete }

    /// Seconds that it may be given.
    package static let timeouts = 1...86_400

    /// As a client wrote it; one of `When`, or a plan refuses it.
    package var when: String
    /// As a client wrote it; one of `Success`, or a plan refuses it.
    package var success: String
    /// Seconds.
    package var timeout: Int

    package init(when: String? = nil, success: String? = nil, timeout: Int? = nil) {
        self.when = when ?? "deploy"
        self.success = success ?? "available"
        self.timeout = timeout ?? Self.defaultTimeout
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            when: try container.decodeIfPresent(String.self, forKey: .when),
            success: try container.decodeIfPresent(String.self, forKey: .success),
            timeout: try container.decodeIfPresent(Int.self, forKey: .timeout))
    }

    private enum CodingKeys: String, CodingKey { case when, success, timeout }
}

/// The immutable content of an environment; its id is the hash of that content (contract: SetResponse).
package struct DeploymentSet: Sendable, Hashable, Codable {
    package var modules: [String: Workload]
    package var shared: [String: ResourceRequest]

    package init(modules: [String: Workload] = [:], shared: [String: ResourceRequest] = [:]) {
        self.modules = modules
        self.shared = shared
    }
}

/// A change to a set (contract: PlainDeltaResponse): RFC 6902 operations under `modules` are rooted at the module,
/// those under `shared` at the shared object.
package struct DeltaContent: Sendable, Hashable, Codable {
    package var modules: ModuleChanges
    package var shared: [PatchOperation]

    package init(modules: ModuleChanges = ModuleChanges(), shared: [PatchOperation] = []) {
        self.modules = modules
        self.shared = shared
    }

    /// The contract lets a client leave out, or null, what it does not change.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        modules = try container.decodeIfPresent(ModuleChanges.self, forKey: .modules) ?? ModuleChanges()
        shared = try container.decodeIfPresent([PatchOperation].self, forKey: .shared) ?? []
    }

    private enum CodingKeys: String, CodingKey { case modules, shared }
}

package struct ModuleChanges: Sendable, Hashable, Codable {
    package var add: [String: Workload]
    package var remove: [String]
    package var update: [String: [PatchOperation]]

    package init(add: [String: Workload] = [:], remove: [String] = [], update: [String: [PatchOperation]] = [:]) {
        self.add = add
        self.remove = remove
        self.update = update
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        add = try container.decodeIfPresent([String: Workload].self, forKey: .add) ?? [:]
        remove = try container.decodeIfPresent([String].self, forKey: .remove) ?? []
        update = try container.decodeIfPresent([String: [PatchOperation]].self, forKey: .update) ?? [:]
    }

    private enum CodingKeys: String, CodingKey { case add, remove, update }
}

/// One operation of RFC 6902.
package struct PatchOperation: Sendable, Hashable, Codable {
    /// `add`, `remove`, `replace`, `move`, `copy`, `test`.
    package var op: String
    /// A JSON pointer (RFC 6901).
    package var path: String
    package var from: String?
    /// Absent is not null: a `remove` has none.
    package var value: JSON?

    package init(op: String, path: String, from: String? = nil, value: JSON? = nil) {
        self.op = op
        self.path = path
        self.from = from
        self.value = value
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        op = try container.decode(String.self, forKey: .op)
        path = try container.decode(String.self, forKey: .path)
        from = try container.decodeIfPresent(String.self, forKey: .from)
        value = container.contains(.value) ? try container.decode(JSON.self, forKey: .value) : nil
    }

    private enum CodingKeys: String, CodingKey { case op, path, from, value }
}
