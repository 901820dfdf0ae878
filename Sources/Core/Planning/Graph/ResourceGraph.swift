import PlatformModel

/// All resources of an environment for one set, in an order in which they can be made (humanitec.md 2.4).
package struct ResourceGraph: Sendable, Hashable, Codable {
    /// What a node depends on stands before it; otherwise by identity, so that equal inputs give an equal order.
    package var nodes: [ResourceNode]
    /// What the names in workloads stand for.
    package var names: DependencyNames

    package init(nodes: [ResourceNode], names: DependencyNames) {
        self.nodes = nodes
        self.names = names
    }

    /// SHA-256 of the nodes in order, 64 hex digits. Made when it is asked for: it takes a walk through all of them.
    package var id: String {
        var fields = FieldBytes(), definitions: [String: String] = [:]
        for node in nodes { node.add(to: &fields, definitions: &definitions) }
        return fields.digest
    }
}

/// One resource, matched to its definition.
package struct ResourceNode: Sendable, Hashable, Codable {
    package var identity: ResourceIdentity
    /// Permanent: 40 hex digits, derived from the environment and the identity alone.
    package var guResID: String
    /// Empty for a workload that no definition of type `workload` matches: there is nothing to provision for it.
    package var definitionID: String
    package var definitionVersionID: String
    package var criteriaID: String
    package var driverType: String
    package var driverAccount: String?
    /// Where the account's credentials are; nil where there is no account, or nobody knows (a preview).
    package var accountReference: SecretReference?
    /// The resource's inputs; the names in their placeholders are absolute, so they mean the same everywhere.
    package var params: JSON
    /// The definition's inputs, placeholders unresolved. References to secrets, never secrets.
    package var driverInputs: DriverInputs
    /// Sorted.
    package var dependsOn: [ResourceIdentity]
    /// What each selector of the definition (`workload>aws-policy`) found.
    package var selections: [String: [ResourceIdentity]]
    /// The names of the shared values that its inputs, or its workload, read. Sorted.
    package var sharedValues: [String]
    /// Ports of other workloads' services that its inputs, or its workload, read: `api ports.www` -> 8080. Nil where none are.
    package var servicePorts: [String: Int]?
    /// Who asked for it: `workload 'web' as 'db'`.
    package var origin: String
    /// Why this definition; nil where none was looked for.
    package var explanation: MatchExplanation?

    package init(
        identity: ResourceIdentity, guResID: String, definitionID: String, definitionVersionID: String, criteriaID: String,
        driverType: String, driverAccount: String? = nil, accountReference: SecretReference? = nil, params: JSON = [:],
        driverInputs: DriverInputs = DriverInputs(),
        dependsOn: [ResourceIdentity] = [], selections: [String: [ResourceIdentity]] = [:], sharedValues: [String] = [],
        servicePorts: [String: Int]? = nil,
        origin: String = "", explanation: MatchExplanation? = nil
    ) {
        self.identity = identity
        self.guResID = guResID
        self.definitionID = definitionID
        self.definitionVersionID = definitionVersionID
        self.criteriaID = criteriaID
        self.driverType = driverType
        self.driverAccount = driverAccount
        self.accountReference = accountReference
        self.params = params
        self.driverInputs = driverInputs
        self.dependsOn = dependsOn
        self.selections = selections
        self.sharedValues = sharedValues
        self.servicePorts = servicePorts
        self.origin = origin
        self.explanation = explanation
    }

    /// Whether there is nothing to provision: the workload is deployed as its profile renders it.
    package var isPassThrough: Bool { definitionID.isEmpty }

    /// The workload's name, when this node stands for one.
    package var workload: String? { identity.workload }

    /// All that makes the node what it is, for the graph's id.
    fileprivate func add(to fields: inout FieldBytes, definitions: inout [String: String]) {
        fields.add(identity)
        fields.add(guResID)
        fields.add(criteriaID)
        let key = "\(definitionID) \(definitionVersionID) \(driverAccount ?? "") \(accountReference?.ref ?? "")"
        let digest = definitions[key] ?? definitionFields(driverType: driverType).digest
        definitions[key] = digest
        fields.add(digest)
        fields.add(params)
        fields.add(String(dependsOn.count))
        for dependency in dependsOn { fields.add(dependency) }
        addServicePorts(to: &fields)
    }

    func addServicePorts(to fields: inout FieldBytes) {
        for (name, port) in (servicePorts ?? [:]).sorted(by: { $0.key < $1.key }) {
            fields.add(name)
            fields.add(String(port))
        }
    }

    /// What the node has of its definition.
    func definitionFields(driverType: String) -> FieldBytes {
        var fields = FieldBytes()
        for text in [definitionID, definitionVersionID, driverType, driverAccount ?? ""] { fields.add(text) }
        if let accountReference { fields.add(accountReference.ref) }
        fields.add(driverInputs.values)
        fields.add(driverInputs.secretRefs)
        return fields
    }
}

extension ResourceIdentity {
    /// The namespace of an environment, which every deployment has where a definition makes one.
    package static let namespace = ResourceIdentity(type: "k8s-namespace", id: "k8s-namespace")

    /// The workload's name, when this is the identity of one.
    package var workload: String? {
        guard let name = module, !name.holds(UInt8(ascii: ".")) else { return nil }
        return name
    }

    /// What follows `modules.` in the id of a workload's own resource.
    var module: String? {
        let prefix = "modules.".utf8
        guard isWorkload, id.utf8.starts(with: prefix) else { return nil }
        return String(Substring(id.utf8.dropFirst(prefix.count)))
    }
}

/// What the names in workloads stand for.
package struct DependencyNames: Sendable, Hashable, Codable {
    /// Workload -> name of a private dependency -> resource. Every workload is here, also one without dependencies.
    package var externals: [String: [String: ResourceIdentity]]
    /// Name of a shared dependency -> resource.
    package var shared: [String: ResourceIdentity]
    /// Workload -> its service's ports, of those that have some. Nil in what earlier versions stored.
    package var services: [String: ServicePorts]?

    package init(externals: [String: [String: ResourceIdentity]] = [:], shared: [String: ResourceIdentity] = [:]) {
        self.externals = externals
        self.shared = shared
    }

    /// The names that a set gives. A private dependency with an id is the shared resource of that id: asked for with the same
    /// type, class and id by two workloads, it is one and the same (humanitec.md 2.2).
    package init(of set: DeploymentSet) {
        externals = [:]
        shared = [:]
        services = set.modules.compactMapValues(ServicePorts.init(of:))
        for (name, request) in set.shared {
            shared[name] = ResourceIdentity(
                type: request.type, class: request.effectiveClass, id: request.sharedID ?? "shared.\(name)")
        }
        for (workload, module) in set.modules {
            var own: [String: ResourceIdentity] = [:]
            for (name, request) in module.externals {
                let id = request.sharedID ?? "modules.\(workload).externals.\(name)"
                own[name] = ResourceIdentity(type: request.type, class: request.effectiveClass, id: id)
            }
            externals[workload] = own
        }
    }
}

extension ResourceRequest {
    /// An absent class is `default` (humanitec.md 2.1).
    package var effectiveClass: String { `class`.flatMap { $0.isEmpty ? nil : $0 } ?? "default" }

    /// The full id behind a given one: `main-s3` and `shared.main-s3` are the same.
    package var sharedID: String? {
        guard let id, !id.isEmpty else { return nil }
        return id.contains(".") ? id : "shared.\(id)"
    }
}

extension EnvironmentContext {
    /// The permanent id of a resource: 40 hex digits.
    package func guResID(of identity: ResourceIdentity) -> String {
        // The separator occurs in no id, so two different resources never give the same text.
        var bytes: [UInt8] = []
        for (index, part) in [orgID, appID, envID, identity.type, identity.class, identity.id].enumerated() {
            if index > 0 { bytes.append(0x1f) }
            bytes.append(contentsOf: part.utf8)
        }
        return SHA256.hex(bytes, digits: 40)
    }
}
