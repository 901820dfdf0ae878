import PlatformModel

/// A replica as Podman's containers and their labels tell it.
struct StandingReplica: Sendable {
    var name: String
    var key: WorkloadKey
    var revision: String
    var mark: String
    var ordinal: Int
    /// nil when the sandbox is not there.
    var plan: SupervisionPlan?
    var sandbox: ListedContainer?
    /// By their names in the plan.
    var containers: [String: ListedContainer] = [:]

    /// Tells it from another replica of the same name, made by another action.
    var tag: String { "\(name)@\(mark)" }

    var isWhole: Bool {
        guard let plan, sandbox != nil else { return false }
        return plan.containers.allSatisfy { containers[$0.name] != nil }
    }

    static func group(_ listed: [ListedContainer]) -> [StandingReplica] {
        typealias Label = ResourceNames.Label
        var replicas: [String: StandingReplica] = [:]
        for container in listed {
            guard let key = ResourceNames.key(container.labels), let name = container.labels[Label.replica],
                let revision = container.labels[Label.revision]
            else { continue }
            var replica =
                replicas[name]
                ?? StandingReplica(
                    name: name, key: key, revision: revision, mark: container.labels[Label.action] ?? "",
                    ordinal: container.labels[Label.ordinal].flatMap(Int.init) ?? 0)
            if container.labels[Label.role] == "sandbox" {
                replica.sandbox = container
                replica.plan = container.labels[Label.plan].flatMap { try? JSON.decode(SupervisionPlan.self, from: $0.utf8) }
            } else if let part = container.labels[Label.container] {
                replica.containers[part] = container
            }
            replicas[name] = replica
        }
        return replicas.values.sorted { ($0.key.description, $0.ordinal, $0.name) < ($1.key.description, $1.ordinal, $1.name) }
    }
}
