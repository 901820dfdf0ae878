import Manifests
import Planning
import PlatformModel

/// What a set would become in an environment, as far as it can be known without a server: the same matching, graph, placeholders,
/// templates and profiles as a deployment's.
package struct Preview: Sendable {
    package let graph: ResourceGraph
    /// What each resource gives.
    package let nodes: [ResourceIdentity: EvaluatedNode]
    /// What the resources bring along by themselves: cluster-wide objects first.
    package let environment: [JSON]
    /// By name, sorted.
    package let workloads: [(name: String, rendered: RenderedWorkload)]

    /// Resources whose outputs only a deployment can tell, in the graph's order.
    package var knownAfterApply: [ResourceNode] { graph.nodes.filter { nodes[$0.identity]?.source == .afterApply } }

    /// The graph alone: matching, references, co-provisioning, order.
    package static func graph(_ request: PreviewRequest) throws(PreviewProblems) -> ResourceGraph {
        let conflicts = conflicts(request.definitions)
        guard conflicts.isEmpty else { throw PreviewProblems(conflicts) }
        do throws(PlanningError) {
            return try GraphBuilder.build(
                set: request.set, context: request.context, definitions: request.definitions,
                resourceTypes: ResourceType.builtIn + request.resourceTypes, values: Set(request.values.keys))
        } catch { throw PreviewProblems(error.problems) }
    }

    /// - Throws: every problem of every resource and workload at once.
    package static func render(_ request: PreviewRequest) throws(PreviewProblems) -> Preview {
        let graph = try graph(request)
        var evaluation = PreviewEvaluation(request, graph)
        evaluation.evaluateNodes()
        let environment = evaluation.renderEnvironment()
        let workloads = evaluation.renderWorkloads(isNamespaced: true)
        guard evaluation.problems.isEmpty else { throw PreviewProblems(evaluation.problems) }
        return Preview(graph: graph, nodes: evaluation.nodes, environment: environment, workloads: workloads)
    }

    /// Two definitions that could both be meant: registration refuses the second one.
    private static func conflicts(_ definitions: [ResourceDefinition]) -> [Problem] {
        var problems: [Problem] = [], earlier: [String: [ResourceDefinition]] = [:]
        for definition in definitions {
            for conflict in Planning.conflicts(of: definition, with: earlier[definition.type] ?? []) {
                problems.append(
                    Problem(
                        code: "RENDER-103", path: "definition '\(definition.id)' criteria",
                        message: conflict.description + "; change the criteria of one of them, or render with one of them"))
            }
            earlier[definition.type, default: []].append(definition)
        }
        return problems
    }
}
