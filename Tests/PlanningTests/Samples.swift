import Planning
import PlatformModel
import TestSupport
import Testing

/// Short forms for the tables of these tests.
enum Samples {
    static let development = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")

    static func definition(
        _ id: String, _ type: String, driver: String = "martlet/echo", values: JSON = [:], secretRefs: JSON = [:],
        criteria: [MatchingCriteria] = [MatchingCriteria(id: "any")], provision: [String: CoProvision] = [:],
        version: String = "1"
    ) -> ResourceDefinition {
        ResourceDefinition(
            id: id, name: id, type: type, driverType: driver, driverInputs: DriverInputs(values: values, secretRefs: secretRefs),
            criteria: criteria, provision: provision, versionID: version)
    }

    static func workload(variables: JSON = [:], externals: [String: ResourceRequest] = [:]) -> Workload {
        Workload(
            profile: "humanitec/default-module",
            spec: ["containers": ["web": ["id": "web", "image": "web:1", "variables": variables]]], externals: externals)
    }

    /// `type.class#id -> dependency dependency`, a line a node, in the order of the graph.
    static func lines(_ graph: ResourceGraph) -> [String] {
        graph.nodes.map { node in
            node.dependsOn.isEmpty
                ? node.identity.description : "\(node.identity) -> \(node.dependsOn.map(\.description).joined(separator: " "))"
        }
    }

    /// The problems of a graph that cannot be built, as `CODE path`.
    static func problems(
        _ set: DeploymentSet, _ definitions: [ResourceDefinition], types: [ResourceType] = [], values: Set<String> = []
    ) -> [Problem] {
        do {
            _ = try GraphBuilder.build(
                set: set, context: development, definitions: definitions, resourceTypes: types, values: values)
            Issue.record("the graph was built")
            return []
        } catch {
            return error.problems
        }
    }

    static func randomWorkload(_ random: inout SplitMix) -> Workload {
        var externals: [String: ResourceRequest] = [:]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let name = ["db", "a/b", "~", "dns"].randomElement(using: &random) ?? ""
            externals[name] = randomRequest(&random)
        }
        var members: [String: JSON] = [:]
        for _ in 0..<Int.random(in: 0...4, using: &random) {
            members[["x", "y", "/", "~0", ""].randomElement(using: &random) ?? ""] = JSON.random(depth: 3, &random)
        }
        let deploy = Bool.random(using: &random) ? DeployCondition(when: "before", success: nil, timeout: 5) : nil
        let profile = Bool.random(using: &random) ? "humanitec/default-module" : "humanitec/default-job"
        return Workload(profile: profile, spec: .object(members), externals: externals, deploy: deploy)
    }

    static func randomRequest(_ random: inout SplitMix) -> ResourceRequest {
        ResourceRequest(
            type: ["postgres", "dns"].randomElement(using: &random) ?? "", class: Bool.random(using: &random) ? "large" : nil,
            id: Bool.random(using: &random) ? "main" : nil,
            params: Bool.random(using: &random) ? ["p": JSON.random(depth: 2, &random)] : nil)
    }

    static func randomSet(_ random: inout SplitMix) -> DeploymentSet {
        var set = DeploymentSet()
        for name in ["a", "b", "c", "d/e"] where Bool.random(using: &random) { set.modules[name] = randomWorkload(&random) }
        for name in ["s", "t~", "u#large"] where Bool.random(using: &random) { set.shared[name] = randomRequest(&random) }
        return set
    }

    /// A set with one or two of its parts changed.
    static func edited(_ set: DeploymentSet, _ random: inout SplitMix) -> DeploymentSet {
        var set = set
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let name = ["a", "b", "c", "d/e"].randomElement(using: &random) ?? ""
            switch Int.random(in: 0..<5, using: &random) {
            case 0: set.modules[name] = nil
            case 1: set.modules[name] = randomWorkload(&random)
            case 2:
                set.modules[name]?.spec[["x", "y", "/"].randomElement(using: &random) ?? ""] = JSON.random(depth: 2, &random)
            case 3: set.shared["s"] = randomRequest(&random)
            default: set.modules[name]?.externals["db"] = randomRequest(&random)
            }
        }
        return set
    }
}
