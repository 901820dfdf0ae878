import Planning
import PlatformModel
import PureDrivers

/// What is rendered without a server: a set, the definitions it is matched with, and where.
package struct PreviewRequest: Sendable {
    package var context: EnvironmentContext
    package var set: DeploymentSet
    package var definitions: [ResourceDefinition]
    /// Beside the built-in ones.
    package var resourceTypes: [ResourceType]
    /// The environment's shared values.
    package var values: [String: ResolvedDocument]
    /// Outputs of resources whose drivers cannot run here, or that shall not be asked.
    package var outputs: GivenOutputs
    package var randomness: TemplateRandomness

    package init(
        context: EnvironmentContext, set: DeploymentSet, definitions: [ResourceDefinition], resourceTypes: [ResourceType] = [],
        values: [String: ResolvedDocument] = [:], outputs: GivenOutputs = GivenOutputs(), randomness: TemplateRandomness
    ) {
        self.context = context
        self.set = set
        self.definitions = definitions
        self.resourceTypes = resourceTypes
        self.values = values
        self.outputs = outputs
        self.randomness = randomness
    }

    /// What `${context.deploy.id}` is where there is no deployment.
    static let deploymentID = "preview"

    /// Whether some text could be `${context.deploy.set.id}`.
    static func mentionsSet(_ request: PreviewRequest) -> Bool {
        func mentions(_ value: JSON?) -> Bool {
            switch value {
            case .string(let text): text.holds(UInt8(ascii: "$")) && text.holds("deploy") && text.holds("set")
            case .array(let elements): elements.contains(where: mentions)
            case .object(let members): members.values.contains(where: mentions)
            default: false
            }
        }
        return request.definitions.contains { definition in
            mentions(definition.driverInputs.values) || mentions(definition.driverInputs.secretRefs)
                || definition.provision.values.contains { mentions($0.params) }
        }
            || request.set.modules.values.contains { module in
                mentions(module.spec) || module.externals.values.contains { mentions($0.params) }
            } || request.set.shared.values.contains { mentions($0.params) }
    }
}
