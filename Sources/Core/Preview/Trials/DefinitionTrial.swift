import Planning
import PlatformModel
import PureDrivers
import Schemas
import SecretMasking

/// What one definition gives for given inputs.
package struct DefinitionTrial: Sendable {
    package static let mask = "***"

    private let definition: ResourceDefinition
    private let isRun: Bool
    private let values: JSON
    private let secrets: JSON
    private let manifests: [DriverManifest]
    private let cookie: JSON?
    /// What the driver would be handed, where it cannot run here.
    private let inputs: JSON

    /// - Parameters:
    ///   - given: outputs of other resources that the inputs do not give.
    ///   - types: beside the built-in ones.
    /// - Throws: every problem of the placeholders, or the driver's own.
    package static func run(
        _ definition: ResourceDefinition, _ inputs: DefinitionInputs, _ given: GivenOutputs, in context: EnvironmentContext,
        _ randomness: TemplateRandomness, types: [ResourceType] = []
    ) throws(PreviewProblems) -> DefinitionTrial {
        let identity = ResourceIdentity(type: definition.type, class: inputs.class, id: inputs.resID ?? Self.id(definition.type))
        let node = ResourceNode(
            identity: identity, guResID: context.guResID(of: identity), definitionID: definition.id,
            definitionVersionID: definition.versionID, criteriaID: "", driverType: definition.driverType,
            params: inputs.params, driverInputs: definition.driverInputs)
        let plan = DeploymentPlan(context: context, setID: "preview", mode: .full, graphID: "", nodes: [])
        let missing = Self.missing(definition, inputs)
        guard missing.isEmpty else { throw PreviewProblems(missing) }
        var scope = DeploymentScope(
            deploymentID: PreviewRequest.deploymentID, setID: "preview", outputs: [:], values: inputs.values,
            others: { reference in
                let written = inputs.outputs.outputs(of: reference) ?? given.outputs(of: reference)
                return NodeOutputs(
                    values: written?.values ?? [:], secretRefs: written?.references ?? [:],
                    guResID: context.guResID(of: reference), isOpen: written == nil)
            })
        scope.given = inputs.placeholders
        scope.selected = inputs.selected
        var resolved: ResolvedDocument
        do throws(PlanningError) { resolved = try plan.resolveInputs(of: node, in: scope) } catch {
            throw PreviewProblems(error.problems)
        }
        resolved.document = KnownOutputs.inputs(forDriver: resolved.document)
        var standIns = SecretStandIns(texts: Self.texts(inputs.secrets, in: resolved))
        let filled = standIns.fill(resolved)
        guard let driver = PureDriver(type: definition.driverType) else {
            return DefinitionTrial(
                definition: definition, isRun: false, values: [:], secrets: [:], manifests: [], cookie: nil,
                inputs: SecretStandIns.masked(resolved))
        }
        let request = DriverRequest(
            key: PreviewRequest.deploymentID, environment: context, identity: identity, guResID: node.guResID,
            params: filled["params"] ?? [:], values: filled["values"] ?? [:], secrets: filled["secrets"] ?? [:],
            account: inputs.account == [:] ? nil : inputs.account, cookie: inputs.cookie.map { ["cookie": $0] })
        do throws(DriverError) {
            let given = KnownSecrets(
                given: [inputs.secrets, inputs.account].flatMap(JSON.texts(in:)) + standIns.texts)
            let separated = try NodeEvaluation.separated(try driver.result(request, randomness: randomness), given)
            let type = (ResourceType.builtIn + types).first { $0.type == definition.type }
            let result = try NodeEvaluation.fitting(separated, type.map(TypeSchemas.init))
            let known = given.adding(made: JSON.texts(in: result.secrets))
            return DefinitionTrial(
                definition: definition, isRun: true, values: result.values, secrets: result.secrets, manifests: result.manifests,
                cookie: result.cookie?["cookie"].map { $0.mapTexts { known.shows($0) ? mask : $0 } }, inputs: [:])
        } catch {
            throw PreviewProblems(NodeEvaluation.placed(error, node, resolved))
        }
    }

    /// What no inputs can make up for, and what they lack.
    private static func missing(_ definition: ResourceDefinition, _ inputs: DefinitionInputs) -> [Problem] {
        let place = "definition '\(definition.id)'"
        if DriverName.isMissing(definition.driverType) {
            let name = DriverName.own(definition.driverType) ?? ""
            return [
                Problem(
                    code: "RENDER-105", path: "\(place) entity.driver_type",
                    message: "Martlet has no driver '\(definition.driverType)'; its drivers are "
                        + DriverName.builtIn.map { "humanitec/\($0)" }.joined(separator: ", ")
                        + ". Make the same by humanitec/template or humanitec/terraform, or register a driver of your own",
                    suggestion: nearestName(to: name, among: DriverName.builtIn).map { "humanitec/\($0)" })
            ]
        }
        guard let account = definition.driverAccount, inputs.account == [:],
            TemplateResource.readsAccount(definition.driverInputs.values)
        else { return [] }
        return [
            Problem(
                code: "RENDER-106", path: "\(place) entity.driver_inputs.values.templates",
                message:
                    "reads the credentials of the account '\(account)', which only a server can know: give some in the inputs, "
                    + "under 'account'")
        ]
    }

    private static func id(_ type: String) -> String {
        switch type {
        case "workload": "modules.my-workload"
        case "base-env", "k8s-cluster", "k8s-namespace", "logging": type
        default: "modules.my-workload.externals.my-resource"
        }
    }

    /// The texts that the inputs give for the definition's own secrets, by reference.
    private static func texts(_ secrets: JSON, in resolved: ResolvedDocument) -> [SecretReference: String] {
        var texts: [SecretReference: String] = [:]
        for slot in resolved.slots {
            guard case .reference(let reference)? = slot.parts.first, slot.parts.count == 1,
                let pointer = try? JSONPointer(slot.pointer), pointer.tokens.first == "secrets",
                let text = secrets[JSONPointer(tokens: Array(pointer.tokens.dropFirst()))]
            else { continue }
            texts[reference] = text.string ?? text.canonical
        }
        return texts
    }

    /// The result for people and files, secrets masked. Of a driver that cannot run here, what it would be handed.
    package var shown: JSON {
        var members: [String: JSON] = [
            "id": .string(definition.id), "type": .string(definition.type), "driver_type": .string(definition.driverType),
        ]
        guard isRun else {
            members["driver_inputs"] = inputs
            return .object(members)
        }
        members.merge(result(secrets: Self.masked(secrets))) { _, new in new }
        return .object(members)
    }

    private func result(secrets: JSON) -> [String: JSON] {
        var members: [String: JSON] = ["outputs": values, "secrets": secrets]
        members["manifests"] = .array(manifests.map { ["location": .string($0.location), "data": $0.data] })
        if let cookie { members["cookie"] = cookie }
        return members
    }

    private static func masked(_ value: JSON) -> JSON {
        guard case .object(let members) = value else { return .string(mask) }
        return .object(members.mapValues(masked))
    }

    /// Where the result is not as expected. What the expectation leaves out at its top may be anything; in what it has, all must be as
    /// written, and `***` stands for any secret.
    package func differences(from expected: JSON) -> [(path: String, message: String)] {
        guard let parts = expected.object else { return [("", "a map is expected, such as {outputs: {...}}")] }
        let actual = shown
        let open = result(secrets: secrets)
        let known = (actual.object ?? [:]).keys.sorted()
        var found: [(path: String, message: String)] = []
        for (key, wanted) in parts.sorted(by: { $0.key < $1.key }) {
            guard actual[key] != nil else {
                let near = nearestName(to: key, among: known).map { "; did you mean '\($0)'?" } ?? ""
                found.append((key, "the result has no such part, it has \(known.joined(separator: ", "))\(near)"))
                continue
            }
            let isSecret = key == "secrets" && isRun
            Self.compare(isSecret ? open[key] ?? [:] : actual[key] ?? .null, wanted, key, isSecret, &found)
        }
        return found
    }

    private static func compare(
        _ actual: JSON, _ wanted: JSON, _ path: String, _ isSecret: Bool, _ found: inout [(path: String, message: String)]
    ) {
        switch (actual, wanted) {
        case _ where actual == wanted || isSecret && wanted == .string(mask): return
        case (.object(let is_), .object(let wants)):
            for key in Set(is_.keys).union(wants.keys).sorted() {
                switch (is_[key], wants[key]) {
                case (let left?, let right?): compare(left, right, "\(path).\(key)", isSecret, &found)
                case (nil, let right?): found.append(("\(path).\(key)", "is missing, expected \(words(right, isSecret))"))
                case (let left?, nil): found.append(("\(path).\(key)", "is \(words(left, isSecret)), and not expected"))
                case (nil, nil): break
                }
            }
        case (.array(let left), .array(let right)) where left.count == right.count:
            for index in left.indices { compare(left[index], right[index], "\(path).\(index)", isSecret, &found) }
        default:
            found.append((path, "is \(words(actual, isSecret)), expected \(words(wanted, isSecret))"))
        }
    }

    private static func words(_ value: JSON, _ isSecret: Bool) -> String {
        if isSecret { return "another secret" }
        let text = value.canonical
        return text.utf8.count <= 200 ? text : text.prefix(200) + "..."
    }
}
