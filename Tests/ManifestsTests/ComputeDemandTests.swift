import Manifests
import PlatformModel
import Testing

@Suite struct ComputeDemandTests {
    private static func container(_ name: String, cpu: JSON? = nil, memory: JSON? = nil) -> JSON {
        var limits: [String: JSON] = [:]
        limits["cpu"] = cpu
        limits["memory"] = memory
        return ["name": .string(name), "image": "x", "resources": ["limits": .object(limits)]]
    }

    private static func deployment(_ replicas: JSON?, _ containers: [JSON], initial: [JSON] = []) -> JSON {
        var spec: [String: JSON] = [
            "template": ["spec": ["containers": .array(containers), "initContainers": .array(initial)]]
        ]
        spec["replicas"] = replicas
        return ["kind": "Deployment", "spec": .object(spec)]
    }

    @Test func podsAreCountedAsOftenAsTheyRun() {
        let web = Self.container("web", cpu: "500m", memory: "128Mi"), side = Self.container("side", cpu: 1, memory: "64Mi")
        let demand = ComputeDemand(objects: [
            Self.deployment(3, [web, side]), ["kind": "Service", "spec": ["replicas": 100]], ["kind": "ConfigMap"],
        ])
        #expect(demand == ComputeDemand(containers: 6, cpuMillis: 4500, memoryBytes: 3 * (192 << 20)))
        #expect(ComputeDemand(objects: [Self.deployment(nil, [web])]).containers == 1)
        #expect(ComputeDemand(objects: [Self.deployment(0, [Self.container("any")])]) == ComputeDemand())
    }

    @Test func whatRunsBeforeCountsWhereItIsMore() {
        let web = Self.container("web", cpu: "500m", memory: "128Mi")
        let small = Self.container("small", cpu: "100m", memory: "64Mi"), large = Self.container("large", cpu: "2", memory: "1Gi")
        let little = ComputeDemand(objects: [Self.deployment(2, [web], initial: [small])])
        #expect(little == ComputeDemand(containers: 2, cpuMillis: 1000, memoryBytes: 256 << 20))
        let much = ComputeDemand(objects: [Self.deployment(2, [web], initial: [small, large])])
        #expect(much == ComputeDemand(containers: 2, cpuMillis: 4000, memoryBytes: 2 << 30))
    }

    @Test func jobsAndSchedules() {
        let pod: JSON = ["spec": ["containers": [Self.container("job", cpu: "1", memory: "1Gi")]]]
        let job: JSON = ["kind": "Job", "spec": ["parallelism": 4, "template": pod]]
        let schedule: JSON = ["kind": "CronJob", "spec": ["jobTemplate": ["spec": ["template": pod]]]]
        #expect(ComputeDemand(objects: [job]).cpuMillis == 4000)
        #expect(ComputeDemand(objects: [schedule, schedule]).containers == 2)
    }

    @Test func whoSaysNoLimitIsNamed() {
        let demand = ComputeDemand(objects: [
            Self.deployment(
                2, [Self.container("a", cpu: "1"), Self.container("b", memory: "1Gi"), Self.container("c", cpu: "lots")])
        ])
        #expect(demand.withoutCPU == ["b", "c"] && demand.withoutMemory == ["a", "c"])
        #expect(demand.cpuMillis == 2000 && demand.memoryBytes == 2 << 30 && demand.containers == 6)
    }

    @Test func aWorkloadBeforeItIsRendered() {
        var spec: JSON = [
            "replicas": 2,
            "containers": [
                "web": ["resources": ["limits": ["cpu": "250m", "memory": "100K"]]],
                "prepare": ["resources": ["limits": ["cpu": "1"]], "before": ["web": ["ready": "complete"]]],
                "late": ["resources": ["limits": ["cpu": "${values.CPU}", "memory": "${values.MEMORY}"]]],
            ],
        ]
        let demand = ComputeDemand(workload: Workload(profile: "humanitec/default-module", spec: spec))
        #expect(demand.containers == 4 && demand.cpuMillis == 2000 && demand.memoryBytes == 200_000)
        #expect(demand.withoutMemory == ["prepare"] && demand.withoutCPU == [])
        spec["deployment"] = ["replicas": 5]
        #expect(ComputeDemand(workload: Workload(profile: "humanitec/default-module", spec: spec)).containers == 10)
        spec["schedules"] = ["one": [:], "two": [:], "three": [:]]
        #expect(ComputeDemand(workload: Workload(profile: "martlet/default-cronjob", spec: spec)).containers == 6)
        #expect(ComputeDemand(workload: Workload(profile: "humanitec/default-job", spec: spec)).containers == 2)
        #expect(ComputeDemand(workload: Workload(profile: "humanitec/default-module", spec: "odd")).containers == 0)
    }

    /// Sums that no number holds are as large as can be, and fit nowhere.
    @Test func nothingOverflows() {
        let huge = Self.container("huge", cpu: "999999999999", memory: "999999999Ti")
        let demand = ComputeDemand(objects: Array(repeating: Self.deployment(1000, [huge]), count: 50))
        #expect(demand.cpuMillis > 0 && demand.memoryBytes >= 0 && demand.containers == 50_000)
        let sum = ComputeDemand(containers: .max, cpuMillis: .max, memoryBytes: 1).adding(demand)
        #expect(sum.containers == .max && sum.cpuMillis == .max)
        #expect(!sum.fits(in: demand) && demand.fits(in: sum.adding(sum)))
    }
}
