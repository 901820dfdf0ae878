import PlatformModel

/// What a placeholder stands for, once its names are understood.
enum PlaceholderTarget: Hashable, Sendable {
    /// A field of the deployment's context: `org.id`, `env.type`, `deploy.id`, ...
    case context(String)
    /// A shared value, and the path into it.
    case value(String, [String])
    /// Outputs of a resource, and the path into them.
    case outputs(ResourceIdentity, [String])
    case guResID(ResourceIdentity)
    /// The driver account of a resource's definition.
    case account(ResourceIdentity)
    /// Outputs of all that a selector finds, as an array; `anchor` is the resource it starts from.
    case selected(String, ResourceSelector, anchor: ResourceIdentity, [String])
    case selectedGUResIDs(String, ResourceSelector, anchor: ResourceIdentity)
    /// The name under which another workload's service answers.
    case serviceName(String)
    /// A port of another workload's service, and how it was asked for.
    case servicePort(String, String, Int)

    /// The resource that must be there first.
    var resource: ResourceIdentity? {
        switch self {
        case .outputs(let identity, _), .guResID(let identity), .account(let identity): identity
        default: nil
        }
    }
}

/// Who writes a placeholder: that decides which names it may use, and what they mean.
enum PlaceholderSource: Hashable, Sendable {
    /// The spec of a workload.
    case workload(String)
    /// The params of a workload's private dependency.
    case dependency(ofWorkload: String, ResourceIdentity)
    /// The params of a shared dependency.
    case shared(ResourceIdentity)
    /// The inputs, or co-provisioning params, of the definition that makes this resource.
    case definition(ResourceIdentity)
    /// Params whose names were made absolute.
    case absolute(ResourceIdentity)

    /// The resource that `context.res` means.
    var own: ResourceIdentity {
        switch self {
        case .workload(let name): ResourceIdentity(type: "workload", id: "modules.\(name)")
        case .dependency(_, let identity), .shared(let identity), .definition(let identity), .absolute(let identity): identity
        }
    }

    var families: [String] {
        switch self {
        case .workload, .dependency: Self.ofWorkloads
        case .shared: Self.ofShared
        case .definition: Self.ofDefinitions
        case .absolute: Self.ofAll
        }
    }

    private static let ofWorkloads = ["context", "values", "externals", "shared", "modules"]
    private static let ofShared = ["context", "values", "shared", "modules"]
    private static let ofDefinitions = ["context", "values", "resources"]
    private static let ofAll = ["context", "values", "shared", "modules", "resources"]
}

/// Reads placeholders by the names of a set (humanitec.md 2.3).
struct PlaceholderGrammar: Sendable {
    var names: DependencyNames
    /// Whether a failure looks for the nearest name. With thousands of names and thousands of failures that would take minutes.
    var suggests = true

    static let contextFields = [
        "org.id", "app.id", "env.id", "env.type", "deploy.id", "deploy.set.id", "res.id", "res.guresid", "res.type", "res.class",
    ]

    func target(of placeholder: Placeholder, from source: PlaceholderSource) throws(LookupFailure) -> PlaceholderTarget {
        let path = Array(placeholder.path.dropFirst())
        guard source.families.contains(placeholder.family) else { throw wrongFamily(placeholder.family, source) }
        switch placeholder.family {
        case "context": return .context(try contextField(path))
        case "values":
            guard let key = path.first else { throw LookupFailure("PLAN-102", "'values' needs the name of a shared value") }
            return .value(key, Array(path.dropFirst()))
        case "externals":
            guard case .workload(let name) = source else {
                guard case .dependency(let name, _) = source else { throw wrongFamily("externals", source) }
                return try external(path, of: name)
            }
            return try external(path, of: name)
        case "shared": return try shared(path)
        case "modules": return try module(path)
        default: return try resource(path, source.own)
        }
    }

    private func wrongFamily(_ family: String, _ source: PlaceholderSource) -> LookupFailure {
        if family == "resources" {
            return LookupFailure(
                "PLAN-102", "'resources' belongs to definitions; write 'externals.NAME.OUTPUT' or 'shared.NAME.OUTPUT'")
        }
        return LookupFailure(
            "PLAN-102",
            "there is no '\(family)' here; a placeholder starts with \(source.families.joined(separator: ", ")); "
                + "write '$\\{' for a literal '${'",
            suggestion: nearestName(to: family, among: source.families))
    }

    private func contextField(_ path: [String]) throws(LookupFailure) -> String {
        let field = path.joined(separator: ".")
        guard Self.contextFields.contains(field) else {
            throw LookupFailure(
                "PLAN-102", "the context has no '\(field)'", suggestion: nearestName(to: field, among: Self.contextFields))
        }
        return field
    }

    private func nearest(_ name: String, _ known: some Sequence<String>) -> String? {
        suggests ? nearestName(to: name, among: known) : nil
    }

    private func external(_ path: [String], of workload: String) throws(LookupFailure) -> PlaceholderTarget {
        let known = names.externals[workload] ?? [:]
        guard let name = path.first else { throw LookupFailure("PLAN-102", "'externals' needs the name of a resource") }
        guard let identity = known[name] else {
            throw LookupFailure(
                "PLAN-102", "workload '\(workload)' has no resource '\(name)'",
                suggestion: nearest(name, known.keys))
        }
        return output(of: identity, path.dropFirst())
    }

    private func shared(_ path: [String]) throws(LookupFailure) -> PlaceholderTarget {
        guard let name = path.first else { throw LookupFailure("PLAN-102", "'shared' needs the name of a resource") }
        guard let identity = names.shared[name] else {
            throw LookupFailure(
                "PLAN-102", "there is no shared resource '\(name)'", suggestion: nearest(name, names.shared.keys))
        }
        return output(of: identity, path.dropFirst())
    }

    private func module(_ path: [String]) throws(LookupFailure) -> PlaceholderTarget {
        guard let name = path.first else { throw LookupFailure("PLAN-102", "'modules' needs the name of a workload") }
        guard names.externals[name] != nil else {
            throw LookupFailure(
                "PLAN-102", "there is no workload '\(name)'", suggestion: nearest(name, names.externals.keys))
        }
        let rest = Array(path.dropFirst())
        if rest.first == "externals" { return try external(Array(rest.dropFirst()), of: name) }
        return try rest.first == "service" ? service(Array(rest.dropFirst()), of: name) : noMember(rest)
    }

    private func service(_ path: [String], of workload: String) throws(LookupFailure) -> PlaceholderTarget {
        if path == ["name"] { return .serviceName(workload) }
        guard path == ["port"] || (path.first == "ports" && path.count > 1) else { return try noMember(["service"] + path) }
        guard let ports = names.services?[workload] else {
            throw LookupFailure(
                "PLAN-102", "workload '\(workload)' has no service ports; its Score file says them under 'service.ports'")
        }
        return .servicePort(workload, path.joined(separator: "."), try ports.port(at: path, of: workload))
    }

    private func noMember(_ path: [String]) throws(LookupFailure) -> PlaceholderTarget {
        let written = path.joined(separator: ".")
        throw LookupFailure(
            "PLAN-102", "a workload has 'service.name', 'service.port', 'service.ports.NAME' and 'externals', not '\(written)'",
            suggestion: nearestName(to: written, among: ["service.name", "service.port", "externals"]))
    }

    private func output(of identity: ResourceIdentity, _ path: ArraySlice<String>) -> PlaceholderTarget {
        path.elementsEqual(["guresid"]) ? .guResID(identity) : .outputs(identity, Array(path))
    }

    /// `<reference>.outputs.<path>`, `.values` (the older spelling) or `.guresid`; the reference may be spread over several names.
    private func resource(_ path: [String], _ own: ResourceIdentity) throws(LookupFailure) -> PlaceholderTarget {
        let ends = ["outputs", "values", "guresid", "account"]
        guard let end = path.dropFirst().firstIndex(where: ends.contains) else {
            let near = path.dropFirst().lazy.compactMap { nearestName(to: $0, among: ends) }.first
            throw LookupFailure(
                "PLAN-106", "a resource is followed by '.outputs.NAME', '.guresid' or '.account'", suggestion: near)
        }
        let text = path[..<end].joined(separator: "."), rest = Array(path[(end + 1)...])
        let isID = path[end] == "guresid", isAccount = path[end] == "account"
        guard !(isID || isAccount) || rest.isEmpty else { throw LookupFailure("PLAN-106", "nothing can follow '\(path[end])'") }
        if let selector = ResourceSelector(text), isAccount {
            throw LookupFailure("PLAN-106", "'\(selector.wanted.type)' may be several, and an account is one: name one resource")
        }
        if let selector = ResourceSelector(text) {
            let anchor = selector.anchor.inheriting(from: own)
            return isID ? .selectedGUResIDs(text, selector, anchor: anchor) : .selected(text, selector, anchor: anchor, rest)
        }
        guard let reference = ResourceReference(text) else {
            throw LookupFailure(
                "PLAN-106", "'\(text)' is no reference; write TYPE, TYPE.CLASS, TYPE.CLASS#ID, or a selector A>B, A<B")
        }
        let identity = reference.inheriting(from: own)
        if isAccount { return .account(identity) }
        return isID ? .guResID(identity) : .outputs(identity, rest)
    }
}

extension EnvironmentContext {
    /// A field of the context that is known before there is a deployment.
    func field(_ name: String, own: ResourceIdentity) -> String? {
        switch name {
        case "org.id": orgID
        case "app.id": appID
        case "env.id": envID
        case "env.type": envType
        case "res.id": own.id
        case "res.type": own.type
        case "res.class": own.class
        case "res.guresid": guResID(of: own)
        default: nil
        }
    }
}
