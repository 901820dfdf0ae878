import Manifests
import Planning
import PlatformModel
import PureDrivers

/// One preview on its way. A resource that has a problem gives stand-ins, so that the others' problems show too.
struct PreviewEvaluation {
    private let request: PreviewRequest
    private let graph: ResourceGraph
    private let plan: DeploymentPlan
    private let evaluation: NodeEvaluation
    private var scope: DeploymentScope
    private(set) var nodes: [ResourceIdentity: EvaluatedNode] = [:]
    private(set) var problems: [Problem] = []
    private var templates = DriverCache()

    init(_ request: PreviewRequest, _ graph: ResourceGraph) {
        self.request = request
        self.graph = graph
        // The hash of all content is only made where somebody asks for it.
        let setID = PreviewRequest.mentionsSet(request) ? request.set.contentID : ""
        plan = DeploymentPlan(
            context: request.context, setID: setID, mode: .full, graphID: "", nodes: [], names: graph.names)
        evaluation = NodeEvaluation(
            context: request.context, given: request.outputs, randomness: request.randomness,
            types: ResourceType.builtIn + request.resourceTypes)
        scope = DeploymentScope(
            deploymentID: PreviewRequest.deploymentID, setID: setID, outputs: [:], values: request.values)
        nodes.reserveCapacity(graph.nodes.count)
        scope.outputs.reserveCapacity(graph.nodes.count)
    }

    mutating func evaluateNodes() {
        for node in graph.nodes where !node.isPassThrough {
            let evaluated = evaluate(node)
            nodes[node.identity] = evaluated
            scope.outputs[node.identity] = evaluated.outputs
        }
    }

    private mutating func evaluate(_ node: ResourceNode) -> EvaluatedNode {
        do throws(PlanningError) {
            let inputs = try plan.resolveInputs(of: node, in: scope)
            do throws(PreviewProblems) { return try evaluation.evaluate(node, inputs, &templates) } catch {
                problems += error.problems
            }
        } catch { problems += error.problems }
        return evaluation.afterApply(node)
    }

    /// The namespace of the environment, when a resource says it.
    private var namespace: String? {
        nodes[.namespace]?.outputs.values["namespace"]?.string
    }

    mutating func renderEnvironment() -> [JSON] {
        let manifests = graph.nodes.flatMap { node in
            (nodes[node.identity]?.manifests ?? []).map { InjectedManifest($0, source: node.identity.description) }
        }
        do throws(ManifestProblems) {
            return try EnvironmentRenderer.render(manifests, namespace: namespace)
        } catch {
            problems += error.problems
            return []
        }
    }

    mutating func renderWorkloads(isNamespaced: Bool) -> [(name: String, rendered: RenderedWorkload)] {
        let aliases = DependencyAliases(graph.names)
        let namespace = namespace
        var rendered: [(name: String, rendered: RenderedWorkload)] = []
        for node in graph.nodes {
            guard let name = node.workload, let workload = request.set.modules[name] else { continue }
            do throws(PlanningError) {
                let spec = try plan.resolveWorkload(name, of: request.set, in: scope)
                var input = WorkloadInput(environment: request.context, name: name, workload: workload, slots: spec.slots)
                input.workload.spec = spec.document
                add(node.dependsOn + [node.identity], to: &input, aliases.names(of: node.dependsOn, in: name))
                input.update = nodes[node.identity]?.outputs.values["update"]
                input.namespace = namespace
                do throws(ManifestProblems) {
                    rendered.append((name, try WorkloadRenderer.render(input)))
                } catch { problems += error.problems }
            } catch { problems += error.problems }
        }
        return rendered.sorted { $0.name < $1.name }
    }

    /// Containers and volumes of what the workload needs, and hosts, each by the names that the workload has for it. Other manifests are
    /// rendered once for the environment.
    private func add(_ needed: [ResourceIdentity], to input: inout WorkloadInput, _ names: [ResourceIdentity: [String]]) {
        for identity in needed {
            guard let node = nodes[identity] else { continue }
            let manifests = node.manifests.filter { ["containers", "volumes"].contains($0.location) }
            input.add(manifests, host: node.outputs.values["host"]?.string, names: names[identity] ?? [])
        }
    }
}
