/// What must be remembered of a replica to keep it running: nothing secret, so it stands in a label of its sandbox, and a runner
/// that starts anew finds it there.
struct SupervisionPlan: Sendable, Hashable, Codable {
    struct Container: Sendable, Hashable, Codable {
        var name: String
        /// Comes before those that have none, in the order of the list.
        var initial: ContainerPlan.Initial?
        var startup: ProbePlan?
        var readiness: ProbePlan?
        var liveness: ProbePlan?
        /// Something must lie on the tmpfs before it starts.
        var needsFiles: Bool
        /// Its secret variables are in a file, which an exec probe reads too.
        var hasSecretVariables: Bool

        func probe(_ kind: ReplicaMachine.ProbeKind) -> ProbePlan? {
            switch kind {
            case .startup: startup
            case .readiness: readiness
            case .liveness: liveness
            }
        }
    }

    var isJob: Bool
    var replicas: Int
    var restartPolicy: WorkloadPlan.RestartPolicy
    var backoffLimit: Int
    var terminationGrace: Int
    var services: [ServicePort]
    var containers: [Container]
    /// Older replicas that go once every replica of this one's revision is ready; nil where the rollout waited for that itself.
    var retires: [String]?

    init(_ plan: WorkloadPlan) {
        isJob = plan.isJob
        replicas = plan.isJob ? 1 : plan.replicas
        restartPolicy = plan.restartPolicy
        backoffLimit = plan.backoffLimit
        terminationGrace = plan.terminationGrace
        retires = plan.retires.isEmpty ? nil : plan.retires
        // Without a Service, a container's own ports are what a route can reach.
        let ports = plan.containers.filter { $0.initial != .ends }.flatMap(\.ports).map { ServicePort(port: $0, target: $0) }
        services = plan.services.isEmpty ? ports : plan.services
        containers = plan.containers.map {
            Container(
                name: $0.name, initial: $0.initial, startup: $0.startup, readiness: $0.readiness, liveness: $0.liveness,
                needsFiles: $0.needsFiles, hasSecretVariables: !$0.secretVariables.isEmpty)
        }
    }
}
