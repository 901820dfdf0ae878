import PlatformModel

/// What a workload may use at most, as its organisation's limits count it: containers, and what they say under `resources.limits`.
package struct ComputeDemand: Sendable, Hashable {
    package var containers: Int64 = 0
    package var cpuMillis: Int64 = 0
    package var memoryBytes: Int64 = 0
    /// Containers that say no limit of processors, or of memory: they may use all that there is.
    package var withoutCPU: Set<String> = []
    package var withoutMemory: Set<String> = []

    package init() {}

    package init(containers: Int64, cpuMillis: Int64, memoryBytes: Int64) {
        self.containers = containers
        self.cpuMillis = cpuMillis
        self.memoryBytes = memoryBytes
    }

    /// Of Kubernetes objects: every pod that they make, as often as it runs at a time.
    package init(objects: [JSON]) {
        for object in objects {
            guard let spec = object["spec"] else { continue }
            switch object["kind"]?.string {
            case "Pod": add(pod: spec, times: 1)
            case "Deployment", "StatefulSet", "ReplicaSet":
                add(pod: spec["template"]?["spec"] ?? .null, times: Self.count(spec["replicas"]))
            case "DaemonSet": add(pod: spec["template"]?["spec"] ?? .null, times: 1)
            case "Job": add(pod: spec["template"]?["spec"] ?? .null, times: Self.count(spec["parallelism"]))
            case "CronJob":
                let job = spec["jobTemplate"]?["spec"]
                add(pod: job?["template"]?["spec"] ?? .null, times: Self.count(job?["parallelism"]))
            default: continue
            }
        }
    }

    /// Of a workload before it is rendered: what its spec itself says. What is a placeholder still is not counted, nor what resources
    /// bring along; both are counted in its objects.
    package init(workload: Workload) {
        let spec = workload.spec, containers = spec["containers"]?.object ?? [:]
        let parts = containers.sorted { $0.key < $1.key }.map { name, container -> JSON in
            var container = container
            container["name"] = .string(name)
            return container
        }
        func isInitial(_ container: JSON) -> Bool {
            (container["before"]?.object ?? [:]).values.contains { $0["ready"]?.string == "complete" }
        }
        let pod: JSON = [
            "initContainers": .array(parts.filter(isInitial)), "containers": .array(parts.filter { !isInitial($0) }),
        ]
        let own = spec["deployment"]?["replicas"] ?? spec["replicas"]
        switch WorkloadRenderer.builtIn(workload.profile) ?? "" {
        case "default-job": add(pod: pod, times: Self.count(spec["job"]?["parallelism"]))
        case "default-cronjob":
            for _ in spec["schedules"]?.object ?? [:] { add(pod: pod, times: Self.count(spec["job"]?["parallelism"])) }
        default: add(pod: pod, times: Self.count(own))
        }
    }

    package subscript(limit: OrganizationLimit) -> Int64? {
        switch limit {
        case .containers: containers
        case .cpuMillis: cpuMillis
        case .memoryBytes: memoryBytes
        case .applications, .environments, .logBytes, .runningDeployments: nil
        }
    }

    /// Those of the limits that are about what this counts.
    package static let limits: [OrganizationLimit] = [.containers, .cpuMillis, .memoryBytes]

    /// Together with another one; what is too large for a sum is as large as can be.
    package func adding(_ other: ComputeDemand) -> ComputeDemand {
        var sum = self
        sum.containers = Self.plus(containers, other.containers)
        sum.cpuMillis = Self.plus(cpuMillis, other.cpuMillis)
        sum.memoryBytes = Self.plus(memoryBytes, other.memoryBytes)
        sum.withoutCPU.formUnion(other.withoutCPU)
        sum.withoutMemory.formUnion(other.withoutMemory)
        return sum
    }

    /// Whether it is nowhere more than another one.
    package func fits(in other: ComputeDemand) -> Bool {
        containers <= other.containers && cpuMillis <= other.cpuMillis && memoryBytes <= other.memoryBytes
    }

    /// Of a pod: its containers together, or the largest of those that run before them, whichever is more; as Kubernetes counts.
    private mutating func add(pod: JSON, times: Int64) {
        guard times > 0 else { return }
        let main = Self.demand(of: pod["containers"]?.array ?? [])
        var one = ComputeDemand()
        for container in main { one = one.adding(container) }
        for container in Self.demand(of: pod["initContainers"]?.array ?? []) {
            one.cpuMillis = max(one.cpuMillis, container.cpuMillis)
            one.memoryBytes = max(one.memoryBytes, container.memoryBytes)
            one.withoutCPU.formUnion(container.withoutCPU)
            one.withoutMemory.formUnion(container.withoutMemory)
        }
        one.containers = Self.times(one.containers, times)
        one.cpuMillis = Self.times(one.cpuMillis, times)
        one.memoryBytes = Self.times(one.memoryBytes, times)
        self = adding(one)
    }

    private static func demand(of containers: [JSON]) -> [ComputeDemand] {
        containers.map { container in
            var demand = ComputeDemand(containers: 1, cpuMillis: 0, memoryBytes: 0)
            let name = container["name"]?.string ?? "", limits = container["resources"]?["limits"]
            switch amount(limits?["cpu"], Quantity.millis) {
            case .amount(let millis): demand.cpuMillis = millis
            case .missing: demand.withoutCPU = [name]
            case .unknown: break
            }
            switch amount(limits?["memory"], { Quantity.bytes($0.hasSuffix("K") ? $0.dropLast() + "k" : $0) }) {
            case .amount(let bytes): demand.memoryBytes = bytes
            case .missing: demand.withoutMemory = [name]
            case .unknown: break
            }
            return demand
        }
    }

    private enum Amount {
        case amount(Int64)
        case missing
        /// A placeholder.
        case unknown
    }

    private static func amount(_ value: JSON?, _ read: (String) -> Int64?) -> Amount {
        guard let value, !value.isNull else { return .missing }
        let text = value.string ?? value.canonical
        if text.utf8.contains(UInt8(ascii: "$")) { return .unknown }
        return read(text).map(Amount.amount) ?? .missing
    }

    /// Replicas, where it is said how many; none that makes sense counts as one.
    private static func count(_ value: JSON?) -> Int64 { value?.int.map { Int64(max(0, $0)) } ?? 1 }

    private static func plus(_ left: Int64, _ right: Int64) -> Int64 {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    private static func times(_ left: Int64, _ right: Int64) -> Int64 {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? .max : product
    }
}
