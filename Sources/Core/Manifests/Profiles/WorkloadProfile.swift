import PlatformModel
import Schemas

/// What workloads of one kind may ask for, and what they get where they say nothing (contract: WorkloadProfileResponse). One that comes
/// with Martlet, or an organisation's own, which builds on one of those.
package struct WorkloadProfile: Sendable, Hashable, Codable {
    /// `humanitec/default-module`, `acme/web`.
    package var id: String
    /// Each writing makes a new one; workloads take the newest at their next deployment.
    package var versionID: String
    package var description: String
    /// Not empty: it should not be used any more.
    package var deprecationMessage: String
    /// `{"properties": {name: {"type": "feature" | "collection" | "schema", ...}}}`.
    package var specDefinition: JSON
    /// What makes the Kubernetes objects: the name and the version of a profile that comes with Martlet.
    package var chart: Chart

    package struct Chart: Sendable, Hashable, Codable {
        package var id: String
        package var version: String

        package init(id: String, version: String) {
            self.id = id
            self.version = version
        }
    }

    package init(
        id: String, versionID: String, description: String = "", deprecationMessage: String = "", specDefinition: JSON = [:],
        chart: Chart
    ) {
        self.id = id
        self.versionID = versionID
        self.description = description
        self.deprecationMessage = deprecationMessage
        self.specDefinition = specDefinition
        self.chart = chart
    }

    private enum CodingKeys: String, CodingKey {
        case id, description
        case versionID = "version"
        case deprecationMessage = "deprecation_message"
        case specDefinition = "spec_definition"
        case chart = "workload_profile_chart"
    }

    /// The JSON Schema of the spec of its workloads; the empty one where the profile does not say what they may have.
    package var specSchema: JSON { SpecDefinition(specDefinition).schema }

    /// Everything that keeps it from being used, each with its field.
    ///
    /// Codes: `MAN-111`.
    package var problems: [Problem] {
        var found = SpecDefinition(specDefinition).problems
        let known = Self.builtIn.map(\.chart.id)
        if let builtIn = WorkloadRenderer.builtIn(chart.id).map({ "humanitec/\($0)" }) {
            let version = Self.builtIn.first { $0.chart.id == builtIn }?.chart.version ?? ""
            if chart.version != version {
                found.append(
                    SpecDefinition.problem(
                        "workload_profile_chart.version", "the chart '\(chart.id)' has no version '\(chart.version)'", version))
            }
        } else {
            found.append(
                SpecDefinition.problem(
                    "workload_profile_chart.id",
                    "there is no chart '\(chart.id)'; a profile builds on one that comes with Martlet: \(known.joined(separator: ", "))",
                    nearestName(to: chart.id, among: known)))
        }
        return found
    }
}

extension WorkloadProfile {
    /// A workload of this profile as its chart takes it: with what the profile gives where the workload says nothing.
    ///
    /// - Parameter path: of the workload, for problems.
    /// - Throws: `MAN-112` with everything that the profile does not allow.
    package func applied(to workload: Workload, at path: String) throws(ManifestProblems) -> Workload {
        let definition = SpecDefinition(specDefinition)
        var workload = workload
        workload.spec = definition.completed(workload.spec)
        let violations = definition.violations(of: workload.spec, at: "\(path).spec")
        guard violations.isEmpty else {
            throw ManifestProblems(
                problems: violations.map {
                    Problem(
                        code: "MAN-112", path: $0.path, message: "the profile '\(id)' does not allow this: \($0.message)",
                        suggestion: $0.suggestion)
                })
        }
        workload.profile = chart.id
        return workload
    }

    /// A set as the profiles of its workloads make it: those of an organisation's own are applied, the others stay as they are.
    ///
    /// - Throws: `MAN-109` for profiles that are not there, `MAN-112` for what a profile does not allow: all problems at once.
    package static func applied(
        _ profiles: [WorkloadProfile], to set: DeploymentSet
    ) throws(ManifestProblems) -> DeploymentSet {
        let byID = Dictionary(profiles.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var set = set
        var problems: [Problem] = []
        for (name, workload) in set.modules.sorted(by: { $0.key < $1.key }) {
            guard isOwn(workload.profile) else { continue }
            guard let profile = byID[workload.profile] else {
                problems.append(
                    Problem(
                        code: "MAN-109", path: "modules.\(name).profile", message: "there is no profile '\(workload.profile)'",
                        suggestion: nearestName(
                            to: workload.profile, among: profiles.map(\.id) + builtIn.map(\.id))))
                continue
            }
            do throws(ManifestProblems) {
                set.modules[name] = try profile.applied(to: workload, at: "modules.\(name)")
            } catch { problems += error.problems }
        }
        guard problems.isEmpty else { throw ManifestProblems(problems: problems) }
        return set
    }

    /// Whether a workload's profile is an organisation's own, by its name.
    package static func isOwn(_ profile: String) -> Bool {
        guard let slash = profile.firstIndex(of: "/") else { return false }
        return !["humanitec", "martlet"].contains(String(profile[..<slash]))
    }
}
