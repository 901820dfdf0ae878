import Planning
import PlatformModel
import PureDrivers
import Schemas
import SecretMasking

/// Asks the driver of one resource at a time, in the order of a plan.
struct NodeEvaluation {
    let context: EnvironmentContext
    let given: GivenOutputs
    let randomness: TemplateRandomness
    private let types: [String: TypeSchemas]

    /// - Parameter types: an organisation's own ones come after the built-in ones.
    init(context: EnvironmentContext, given: GivenOutputs, randomness: TemplateRandomness, types: [ResourceType]) {
        self.context = context
        self.given = given
        self.randomness = randomness
        self.types = Dictionary(types.map { ($0.type, TypeSchemas($0)) }, uniquingKeysWith: { first, _ in first })
    }

    /// - Parameter inputs: the node's, resolved: `{"params", "values", "secrets"}`.
    func evaluate(
        _ node: ResourceNode, _ inputs: ResolvedDocument, _ cache: inout DriverCache
    ) throws(PreviewProblems) -> EvaluatedNode {
        if let written = given.outputs(of: node.identity) {
            let outputs = NodeOutputs(values: written.values, secretRefs: written.references, guResID: node.guResID)
            return EvaluatedNode(source: .given, outputs: outputs, manifests: [], cookie: nil)
        }
        guard let driver = PureDriver(type: node.driverType) else { return afterApply(node) }
        // The credentials of an account are the server's.
        if node.driverAccount != nil, TemplateResource.readsAccount(node.driverInputs.values) { return afterApply(node) }
        var standIns = SecretStandIns()
        let filled = KnownOutputs.inputs(forDriver: standIns.fill(inputs))
        let request = DriverRequest(
            key: PreviewRequest.deploymentID, environment: context, identity: node.identity, guResID: node.guResID,
            params: filled["params"] ?? [:], values: filled["values"] ?? [:], secrets: filled["secrets"] ?? [:])
        do throws(DriverError) {
            let result = try driver.result(request, randomness: randomness, &cache)
            return try self.result(of: result, node, standIns, cache.secrets(given: standIns.texts))
        } catch {
            throw PreviewProblems(Self.placed(error, node, inputs))
        }
    }

    /// What a driver that touches the outside would give: only its names are known, and of its type's outputs which are secret.
    func afterApply(_ node: ResourceNode) -> EvaluatedNode {
        var references: [String: JSON] = [:]
        let type = types[node.identity.type]
        for name in type?.secretOutputs ?? [] { references[name] = stored([name], of: node).leaf }
        let names = KnownOutputs.names(driverType: node.driverType, node.driverInputs) ?? type?.onlyOutputs
        let outputs = NodeOutputs(
            values: [:], secretRefs: .object(references), guResID: node.guResID, isOpen: true, onlyNames: names)
        return EvaluatedNode(source: .afterApply, outputs: outputs, manifests: [], cookie: nil)
    }

    private func result(
        of result: DriverResult, _ node: ResourceNode, _ standIns: SecretStandIns, _ known: KnownSecrets
    ) throws(DriverError) -> EvaluatedNode {
        let kept = try Self.fitting(try Self.separated(result, known), types[node.identity.type])
        let outputs = NodeOutputs(
            values: kept.values, secretRefs: references(kept.secrets, [], node, standIns), guResID: node.guResID)
        return EvaluatedNode(
            source: .driver, outputs: outputs, manifests: kept.manifests, cookie: kept.cookie.map(standIns.named))
    }

    /// As the runner does: what shows a secret is a secret output, whatever the definition calls it.
    ///
    /// - Throws: `RENDER-102` where a deployment would be refused with `RUN-007`.
    static func separated(_ result: DriverResult, _ given: KnownSecrets) throws(DriverError) -> DriverResult {
        var result = result
        do throws(OutputLeaks) { try OutputTaint(given: given).separate(&result) } catch {
            throw DriverError(code: "RENDER-102", problems: error.problems)
        }
        return result
    }

    /// As the runner does: what the type declares secret is a secret output, and what it does not allow is refused.
    ///
    /// - Throws: `RENDER-107` where a deployment would fail with `RUN-008`. A text with a stand-in may be anything.
    static func fitting(_ result: DriverResult, _ type: TypeSchemas?) throws(DriverError) -> DriverResult {
        guard let type else { return result }
        var result = result
        (result.values, result.secrets) = type.separated(values: result.values, secrets: result.secrets)
        let found = type.violations(ofValues: result.values, secrets: result.secrets, where: StandIn.mayHold)
        guard found.isEmpty else {
            let problems = found.map {
                Problem(
                    code: "RENDER-107", path: $0.path, message: "\($0.message); the resource type says so",
                    suggestion: $0.suggestion)
            }
            throw DriverError(code: "RENDER-107", problems: problems)
        }
        return result
    }

    /// A reference at each leaf: the one that came in where it is unchanged, else the place where the runner keeps what the driver made.
    private func references(_ value: JSON, _ path: [String], _ node: ResourceNode, _ standIns: SecretStandIns) -> JSON {
        if case .object(let members) = value {
            return .object(
                Dictionary(uniqueKeysWithValues: members.map { ($0.key, references($0.value, path + [$0.key], node, standIns)) }))
        }
        return path.isEmpty ? [:] : (standIns.reference(value) ?? stored(path, of: node)).leaf
    }

    /// Where the runner keeps a secret output.
    private func stored(_ path: [String], of node: ResourceNode) -> SecretReference {
        let prefix = "orgs/\(context.orgID)/apps/\(context.appID)/envs/\(context.envID)/resources/\(node.guResID)"
        // A name that cannot be kept is refused by the runner, and shown as it is here.
        let parts = path.map { SecretPathPart.of($0) ?? $0 }
        return SecretReference(ref: "\(prefix)/outputs/\(parts.joined(separator: "/"))")
    }

    /// A driver's problems with the resource and the definition they are of.
    static func placed(_ error: DriverError, _ node: ResourceNode, _ inputs: ResolvedDocument) -> [Problem] {
        let problems =
            error.problems.isEmpty
            ? [Problem(code: error.code, path: "", message: error.message)] : error.problems
        // What is wrong with a template's text is wrong whatever it is given.
        let isGuess = ["DRV-203", "DRV-204"].contains(error.code) && inputs.document.canonical.contains(StandIn.outputPrefix)
        return problems.map { problem in
            var placed = problem
            var place = "\(node.identity) (definition '\(node.definitionID)')"
            if !problem.path.isEmpty { place += " \(problem.path)" }
            if let line = problem.line { place += ":\(line)" + (problem.column.map { ":\($0)" } ?? "") }
            placed.path = place
            (placed.file, placed.line, placed.column) = (nil, nil, nil)
            if isGuess {
                placed.message += "; some of its inputs are only known after a deployment: give outputs for these (--outputs)"
            }
            return placed
        }
    }
}
