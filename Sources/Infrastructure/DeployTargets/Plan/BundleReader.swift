import PlatformModel

/// Reads a bundle's Kubernetes objects (v1, apps/v1, batch/v1) into a plan for one machine. Everything that it does not do is
/// refused by name, all at once.
struct BundleReader {
    static let kinds = ["Deployment", "Job", "Service", "Secret", "ConfigMap"]
    /// What only has a meaning for a cluster: an environment has its own network here, and its pods no API to ask.
    static let withoutEffect = ["Namespace", "ServiceAccount"]

    let problems = ProblemList()

    static func read(_ bundle: WorkloadBundle) -> (plan: WorkloadPlan?, problems: [Problem]) {
        let reader = BundleReader()
        let plan = reader.read(bundle)
        return (reader.problems.problems.isEmpty ? plan : nil, reader.problems.problems)
    }

    /// - Throws: `DEP-001` with everything that this target does not do.
    static func plan(of bundle: WorkloadBundle) throws(DeployError) -> WorkloadPlan {
        let (plan, problems) = read(bundle)
        guard let plan else {
            throw DeployError(
                code: "DEP-001", kind: .refused,
                message: "workload '\(bundle.key.workload)' asks for what this target does not do", problems: problems)
        }
        return plan
    }

    private func read(_ bundle: WorkloadBundle) -> WorkloadPlan? {
        var byKind: [String: [ObjectFields]] = [:]
        for (index, object) in bundle.objects.enumerated() { sort(object, index, into: &byKind) }
        var data = PodData()
        for secret in byKind["Secret", default: []] { readData(secret, into: &data.secrets) }
        for map in byKind["ConfigMap", default: []] {
            readBinaries(map, into: &data.binaries)
            readData(map, into: &data.configMaps)
        }
        let workloads = byKind["Deployment", default: []] + byKind["Job", default: []]
        guard workloads.count == 1, let workload = workloads.first else {
            problems.add("DEP-101", "", "a bundle holds one Deployment or one Job, not \(workloads.count)")
            return nil
        }
        var plan = WorkloadPlan(name: name(of: workload))
        plan.isJob = !byKind["Job", default: []].isEmpty
        var pod = PodReader(problems: problems, data: data)
        if let spec = workload.object("spec") {
            plan.isJob ? readJob(spec, into: &plan, &pod) : readDeployment(spec, into: &plan, &pod)
        } else {
            problems.add("DEP-104", "\(workload.path).spec", "missing")
        }
        workload.accept("status")
        workload.finish()
        let services = ServiceReader(problems: problems, portNames: pod.portNames)
        for service in byKind["Service", default: []] {
            plan.aliases.append(name(of: service))
            plan.services += services.read(service)
        }
        plan.aliases = Set(plan.aliases + [plan.name, bundle.key.workload]).filter { !$0.isEmpty }.sorted()
        return plan
    }

    private func sort(_ object: JSON, _ index: Int, into byKind: inout [String: [ObjectFields]]) {
        let kind = object["kind"]?.string ?? ""
        guard let members = object.object, !kind.isEmpty else {
            problems.add("DEP-104", "objects[\(index)].kind", "missing")
            return
        }
        guard !Self.withoutEffect.contains(kind) else { return }
        guard Self.kinds.contains(kind) else {
            problems.add(
                "DEP-101", kind, "this target does not do this kind", suggestion: nearestName(to: kind, among: Self.kinds))
            return
        }
        let fields = ObjectFields(members, path: "\(kind)/\(object["metadata"]?["name"]?.string ?? "?")", problems: problems)
        fields.accept("kind")
        fields.expect("apiVersion", kind == "Deployment" ? "apps/v1" : kind == "Job" ? "batch/v1" : "v1")
        byKind[kind, default: []].append(fields)
    }

    private func name(of object: ObjectFields) -> String {
        guard let metadata = object.object("metadata") else {
            problems.add("DEP-104", "\(object.path).metadata", "missing")
            return ""
        }
        metadata.accept("namespace", "labels", "annotations", "creationTimestamp")
        defer { metadata.finish() }
        return metadata.required("name") ?? ""
    }

    private func readData(_ object: ObjectFields, into values: inout [String: [String: String]]) {
        let name = name(of: object)
        object.accept("type", "immutable")
        var members = object.texts("stringData")
        if object.path.hasPrefix("ConfigMap/") {
            members.merge(object.texts("data")) { _, last in last }
        } else if object.value("data") != nil {
            object.refuse("data", "this target takes a Secret's values as stringData", suggestion: "stringData")
        }
        object.finish()
        values[name] = members
    }

    private func readBinaries(_ map: ObjectFields, into values: inout [String: [String: [UInt8]]]) {
        var members: [String: [UInt8]] = [:]
        for (key, text) in map.texts("binaryData") {
            if let bytes = Base64.decode(text) {
                members[key] = bytes
            } else {
                map.refuse("binaryData.\(key)", "not base64")
            }
        }
        values[map.path.dropFirst("ConfigMap/".count).description] = members
    }

    private func readDeployment(_ spec: ObjectFields, into plan: inout WorkloadPlan, _ pod: inout PodReader) {
        plan.replicas = spec.int("replicas", 0...64) ?? 1
        spec.accept("selector", "revisionHistoryLimit", "progressDeadlineSeconds")
        if let strategy = spec.object("strategy") {
            strategy.expect("type", "RollingUpdate", "Recreate")
            plan.recreate = strategy.string("type") == "Recreate"
            strategy.accept("rollingUpdate")
            strategy.finish()
        }
        pod.readTemplate(spec, into: &plan)
        if plan.restartPolicy != .always {
            problems.add("DEP-103", "\(spec.path).template.spec.restartPolicy", "a Deployment's containers restart Always")
        }
        spec.finish()
    }

    private func readJob(_ spec: ObjectFields, into plan: inout WorkloadPlan, _ pod: inout PodReader) {
        plan.backoffLimit = spec.int("backoffLimit", 0...100) ?? 6
        _ = spec.int("completions", 1...1)
        _ = spec.int("parallelism", 1...1)
        spec.accept("selector", "ttlSecondsAfterFinished")
        plan.restartPolicy = .never
        pod.readTemplate(spec, into: &plan)
        if plan.restartPolicy == .always {
            problems.add("DEP-103", "\(spec.path).template.spec.restartPolicy", "a Job's containers restart Never or OnFailure")
        }
        spec.finish()
    }
}

/// The values that a workload's containers may name.
struct PodData {
    var secrets: [String: [String: String]] = [:]
    var configMaps: [String: [String: String]] = [:]
    /// Contents of ConfigMaps that are not text: for files only.
    var binaries: [String: [String: [UInt8]]] = [:]
}
