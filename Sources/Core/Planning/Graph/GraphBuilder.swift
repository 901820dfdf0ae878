import PlatformModel
import Schemas

/// Builds the resource graph of a set in an environment (humanitec.md 2.4): seeds it with what the workloads ask for, matches
/// each node, follows what its definition refers to and co-provisions until nothing new comes, then resolves the selectors.
///
/// Implicit types (`base-env`, `k8s-namespace`, ...) come in only where a definition matches them: a local deploy target needs
/// none of them. Resource types that nobody knows are named as such when `resourceTypes` is given.
package struct GraphBuilder {
    /// Beyond this a set or its definitions are a mistake.
    static let limit = 50_000
    /// Beyond this `match_dependents` and selectors tie everything to everything.
    static let edgeLimit = 1_000_000
    /// Failures with a suggestion; the rest are named without.
    static let suggestions = 200

    let context: EnvironmentContext
    let set: DeploymentSet
    let index: DefinitionIndex
    let implicitTypes: [String]
    /// Names of the shared values that exist.
    let values: Set<String>
    /// Nil where nobody knows the accounts.
    let accounts: KnownAccounts?
    /// By their names.
    let types: [String: ResourceType]
    /// Whether placeholders for outputs that nobody gives are told here, and not only when the resources stand.
    let checksOutputs: Bool
    var grammar: PlaceholderGrammar

    var drafts: [Draft] = []
    var numbers: [ResourceIdentity: Int] = [:]
    var problems: [Problem] = []
    /// What a definition's inputs refer to is read once, however many resources it makes.
    var scans: [String: [PlacedPlaceholder]] = [:]
    /// Where no criterion of a type names a resource, all of one class match alike: `type.class`.
    var matches: [String: Match] = [:]
    /// Of the types that were asked for so far.
    var schemas: [String: TypeSchemas] = [:]
    var uses: [OutputUse] = []
    var declaredNeeds: [DeclaredNeed] = []
    /// Each node's place among all identities in order; filled once all are there.
    var places: [Int] = []

    /// A node on its way.
    struct Draft {
        var identity: ResourceIdentity
        var origin: String
        var params: JSON?
        /// Who gave the params, for the error when another gives other ones.
        var paramsOrigin = ""
        var match: Match?
        var dependsOn: Set<Int> = []
        /// Co-provisioned by this one's definition.
        var companions: Set<Int> = []
        /// Of those, the ones that all that depends on this one depends on too.
        var forDependents: [Int] = []
        var selectors: [String: (selector: ResourceSelector, anchor: ResourceIdentity)] = [:]
        var selections: [String: [ResourceIdentity]] = [:]
        var sharedValues: Set<String> = []
        var servicePorts: [String: Int] = [:]
    }

    /// - Parameters:
    ///   - values: the names of the shared values that exist; a placeholder for another one is an error here already.
    ///   - accounts: a definition that names another one, or one that its driver does not take, is an error. nil: a preview, which knows none.
    ///   - checksOutputs: whether a placeholder for an output that is known not to come is one, too. Whoever asks the drivers at once
    ///     finds more, and tells it with the rest.
    package static func build(
        set: DeploymentSet, context: EnvironmentContext, definitions: [ResourceDefinition], resourceTypes: [ResourceType] = [],
        values: Set<String> = [], accounts: KnownAccounts? = nil, checksOutputs: Bool = false
    ) throws(PlanningError) -> ResourceGraph {
        var builder = GraphBuilder(
            context: context, set: set, index: DefinitionIndex(definitions, resourceTypes: resourceTypes),
            implicitTypes: resourceTypes.filter { $0.use == "implicit" && $0.type != "workload" }.map(\.type).sorted(),
            values: values, accounts: accounts,
            types: Dictionary(resourceTypes.map { ($0.type, $0) }, uniquingKeysWith: { first, _ in first }),
            checksOutputs: checksOutputs, grammar: PlaceholderGrammar(names: DependencyNames(of: set)))
        return try builder.build()
    }

    private mutating func build() throws(PlanningError) -> ResourceGraph {
        seed()
        var next = 0
        while next < drafts.count {
            guard drafts.count <= Self.limit else {
                let message = "more than \(Self.limit) resources: look for a definition that keeps asking for new ones"
                throw PlanningError([Problem(code: "PLAN-109", path: drafts[next].identity.description, message: message)])
            }
            expand(next)
            grammar.suggests = problems.count < Self.suggestions
            next += 1
        }
        checkParams()
        checkOutputs()
        guard problems.isEmpty else { throw PlanningError(problems) }
        setPlaces()
        needDeclared()
        spreadToDependents()
        select()
        checkAccounts()
        let order = sorted()
        guard problems.isEmpty else { throw PlanningError(problems) }
        return ResourceGraph(nodes: order.map(node), names: grammar.names)
    }

    // MARK: Seeds

    private mutating func seed() {
        let workloads = set.modules.sorted { $0.key < $1.key }
        for (name, workload) in workloads {
            _ = request(PlaceholderSource.workload(name).own, origin: "workload '\(name)'")
            for (alias, asked) in workload.externals.sorted(by: { $0.key < $1.key }) {
                guard let identity = grammar.names.externals[name]?[alias] else { continue }
                let origin = "workload '\(name)' as '\(alias)'"
                let node = request(identity, origin: origin)
                give(asked.params, to: node, from: .dependency(ofWorkload: name, identity), origin: origin)
            }
        }
        for (name, asked) in set.shared.sorted(by: { $0.key < $1.key }) {
            guard let identity = grammar.names.shared[name] else { continue }
            let node = request(identity, origin: "shared resource '\(name)'")
            give(asked.params, to: node, from: .shared(identity), origin: "shared resource '\(name)'")
        }
        for (name, workload) in workloads {
            scanWorkload(name, workload)
            grammar.suggests = problems.count < Self.suggestions
        }
        for type in implicitTypes where index.makes(type) {
            let identity = ResourceIdentity(type: type, id: type)
            if case .matched = index.match(identity, in: context) { _ = request(identity, origin: "every environment") }
        }
    }

    /// The number of the node, new or not.
    mutating func request(_ identity: ResourceIdentity, origin: @autoclosure () -> String) -> Int {
        if let number = numbers[identity] { return number }
        let number = drafts.count
        drafts.append(Draft(identity: identity, origin: origin()))
        numbers[identity] = number
        if let problem = identity.unwritable { problems.append(problem) }
        return number
    }

    private mutating func scanWorkload(_ name: String, _ workload: Workload) {
        let source = PlaceholderSource.workload(name)
        let number = request(source.own, origin: "workload '\(name)'")
        var scan = PlaceholderScan(owner: source.own.description, prefix: ["spec"])
        scan.walk(workload.spec)
        problems += scan.problems
        for placed in scan.found { link(number, placed, from: source) }
        var path: [String] = []
        linkMounts(workload.spec, &path, isInside: false, number, source)
        for placeholder in IngressRules.dependencies(of: workload.spec) {
            link(
                number, PlacedPlaceholder(placeholder: placeholder, path: ["spec", "ingress", "rules"], text: nil), from: source)
        }
        // Only a definition of type `workload` reads these; without one they would only double the plan.
        if index.makes("workload") {
            let document: JSON = ["id": .string(name), "profile": .string(workload.profile), "spec": workload.spec]
            drafts[number].params = absolute(document, from: source)
        }
    }

    /// - Parameter isInside: whether the path goes through a `volume_mounts`: elsewhere texts need no look.
    private mutating func linkMounts(
        _ value: JSON, _ path: inout [String], isInside: Bool, _ number: Int, _ source: PlaceholderSource
    ) {
        switch value {
        case .string(let text):
            guard let placeholder = VolumeMounts.dependency(at: path, text) else { return }
            link(number, PlacedPlaceholder(placeholder: placeholder, path: ["spec"] + path, text: nil), from: source)
        case .object(let members):
            for (key, member) in members.lazy.filter({ isInside || $0.value.holdsValues }).sorted(by: { $0.key < $1.key }) {
                path.append(key)
                linkMounts(member, &path, isInside: isInside || key == "volume_mounts", number, source)
                path.removeLast()
            }
        case .array(let elements):
            for element in elements where isInside || element.holdsValues {
                linkMounts(element, &path, isInside: isInside, number, source)
            }
        default:
            break
        }
    }

    // MARK: Params

    /// Gives a node its params. One resource has one set of params: another asker may give the same or none.
    mutating func give(_ params: JSON?, to number: Int, from source: PlaceholderSource, origin: String) {
        guard let params, !params.isNull else { return }
        let owner = drafts[number].identity.description
        var scan = PlaceholderScan(owner: owner, prefix: ["params"])
        scan.walk(params)
        problems += scan.problems
        for placed in scan.found { link(number, placed, from: source) }
        // Without placeholders there is no name to make absolute.
        let absolute = scan.found.isEmpty ? params : absolute(params, from: source)
        guard let present = drafts[number].params else {
            drafts[number].params = absolute
            drafts[number].paramsOrigin = origin
            return
        }
        guard !present.isSame(as: absolute) else { return }
        problems.append(
            Problem(
                code: "PLAN-103", path: owner,
                message: "\(drafts[number].paramsOrigin) asks for it with params \(Self.shown(present)), "
                    + "\(origin) with params \(Self.shown(absolute)): give both the same, or one of them none"))
    }

    private static func shown(_ params: JSON) -> String {
        let text = params.canonical
        return text.count <= 300 ? text : text.prefix(300) + "..."
    }

    /// Names that mean the same wherever they are read later; what cannot be understood stays, and is reported by `link`.
    private func absolute(_ params: JSON, from source: PlaceholderSource) -> JSON {
        var scan = PlaceholderScan(owner: "")
        return scan.rewrite(params) { text in
            PlaceholderText(
                pieces: text.pieces.map { piece in
                    guard case .placeholder(let placeholder) = piece else { return piece }
                    return absolute(placeholder, from: source)
                })
        }
    }

    private func absolute(_ placeholder: Placeholder, from source: PlaceholderSource) -> PlaceholderText.Piece {
        guard let target = try? grammar.target(of: placeholder, from: source) else { return .placeholder(placeholder) }
        func named(_ reference: String, _ rest: [String]) -> PlaceholderText.Piece {
            .placeholder(Placeholder(path: ["resources", reference] + rest))
        }
        switch target {
        case .context(let field) where field.hasPrefix("res."):
            return context.field(field, own: source.own).map { .literal($0) } ?? .placeholder(placeholder)
        case .context, .value, .serviceName, .servicePort:
            return .placeholder(placeholder)
        case .outputs(let identity, let path):
            return named(identity.description, ["outputs"] + path)
        case .guResID(let identity):
            return named(identity.description, ["guresid"])
        case .account(let identity):
            return named(identity.description, ["account"])
        case .selected(let text, _, let anchor, let path):
            return named(Self.selectorKey(text, anchor), ["outputs"] + path)
        case .selectedGUResIDs(let text, _, let anchor):
            return named(Self.selectorKey(text, anchor), ["guresid"])
        }
    }
}
