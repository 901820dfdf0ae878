import PlatformModel

/// Reads a pod template: containers, volumes, and what holds for all of them.
struct PodReader {
    let problems: ProblemList
    let data: PodData
    /// The containers' ports that have names.
    private(set) var portNames: [String: Int] = [:]

    init(problems: ProblemList, data: PodData) {
        self.problems = problems
        self.data = data
    }

    mutating func readTemplate(_ parent: ObjectFields, into plan: inout WorkloadPlan) {
        guard let template = parent.object("template"), let spec = template.object("spec") else {
            problems.add("DEP-104", "\(parent.path).template.spec", "missing")
            return
        }
        template.accept("metadata")
        template.finish()
        spec.accept("nodeSelector", "tolerations", "affinity", "topologySpreadConstraints", "schedulerName", "priorityClassName")
        if spec.bool("automountServiceAccountToken") == true {
            spec.refuse("automountServiceAccountToken", "there is no cluster whose token could be mounted")
        }
        spec.accept("enableServiceLinks", "imagePullSecrets")
        spec.expect("dnsPolicy", "ClusterFirst", "Default")
        plan.terminationGrace = spec.int("terminationGracePeriodSeconds", 0...600) ?? 30
        spec.expect("restartPolicy", "Always", "OnFailure", "Never")
        switch spec.string("restartPolicy") {
        case "Always": plan.restartPolicy = .always
        case "OnFailure": plan.restartPolicy = .onFailure
        case "Never": plan.restartPolicy = .never
        default: break
        }
        let volumes = readVolumes(spec)
        let podSecurity = spec.object("securityContext").map { readPodSecurity($0) } ?? SecurityPlan()
        let containers = spec.objects("containers")
        if containers.isEmpty, spec.value("containers")?.array?.isEmpty != false {
            problems.add("DEP-104", "\(spec.path).containers", "at least one is needed")
        }
        let reader = ContainerReader(problems: problems, data: data, volumes: volumes, podSecurity: podSecurity)
        let all = spec.objects("initContainers").map { ($0, true) } + containers.map { ($0, false) }
        for (fields, isInitial) in all {
            guard let (container, names) = reader.read(fields, isInitial: isInitial) else { continue }
            if plan.containers.contains(where: { $0.name == container.name }) {
                problems.add("DEP-103", "\(fields.path).name", "two containers have the name '\(container.name)'")
            }
            for case .scratch(let name, true, _) in container.mounts.map(\.source)
            where plan.containers.contains(where: { $0.mounts.contains { $0.source.memoryName == name } }) {
                problems.add(
                    "DEP-102", "\(fields.path).volumeMounts", "'\(name)' is in memory: this target gives it to one container")
            }
            plan.containers.append(container)
            if container.initial != .ends { portNames.merge(names) { first, _ in first } }
        }
        spec.finish()
    }

    private func readPodSecurity(_ fields: ObjectFields) -> SecurityPlan {
        var security = SecurityPlan()
        security.user = fields.int("runAsUser", 0...Int(Int32.max))
        security.group = fields.int("runAsGroup", 0...Int(Int32.max))
        security.readCommon(fields)
        fields.finish()
        return security
    }

    // MARK: Volumes

    private func readVolumes(_ spec: ObjectFields) -> [String: MountPlan.Source] {
        var volumes: [String: MountPlan.Source] = [:]
        for fields in spec.objects("volumes") {
            guard let name = fields.required("name") else { continue }
            if let secret = fields.object("secret") {
                volumes[name] = .files(readFiles(secret, "secretName", "Secret", data.secrets.mapValues(Self.bytes)))
            } else if let map = fields.object("configMap") {
                volumes[name] = .files(readFiles(map, "name", "ConfigMap", configFiles))
            } else if let scratch = fields.object("emptyDir") {
                scratch.expect("medium", "", "Memory")
                let limit = scratch.string("sizeLimit")
                let bytes = limit.flatMap(Quantity.bytes)
                let inMemory = scratch.string("medium") == "Memory"
                if limit != nil, bytes == nil { scratch.refuse("sizeLimit", "a quantity such as 64Mi is needed") }
                if limit != nil, !inMemory { scratch.refuse("sizeLimit", "this target limits only a volume with medium: Memory") }
                volumes[name] = .scratch(name: name, inMemory: inMemory, sizeLimit: bytes)
                scratch.finish()
            }
            fields.finish()
            if volumes[name] == nil {
                problems.add("DEP-102", fields.path, "this target does volumes of secret, configMap and emptyDir")
            }
        }
        return volumes
    }

    private func readFiles(
        _ fields: ObjectFields, _ nameKey: String, _ kind: String, _ known: [String: [String: [UInt8]]]
    ) -> [MountedFile] {
        defer { fields.finish() }
        fields.accept("optional")
        let mode = fields.int("defaultMode", 0...0o777) ?? 0o644
        guard let name = fields.required(nameKey) else { return [] }
        guard let members = known[name] else {
            if fields.bool("optional") != true {
                problems.add(
                    "DEP-105", "\(fields.path).\(nameKey)", "no \(kind) '\(name)' is in the bundle",
                    suggestion: nearestName(to: name, among: known.keys.sorted()))
            }
            return []
        }
        guard fields.value("items") != nil else {
            return members.sorted { $0.key < $1.key }.compactMap { file($0.key, SealedBytes($0.value), mode, fields) }
        }
        return fields.objects("items").compactMap { item in
            defer { item.finish() }
            guard let key = item.required("key"), let path = item.required("path") else { return nil }
            guard let value = members[key] else {
                problems.add(
                    "DEP-105", "\(item.path).key", "\(kind) '\(name)' has no '\(key)'",
                    suggestion: nearestName(to: key, among: members.keys.sorted()))
                return nil
            }
            return file(path, SealedBytes(value), item.int("mode", 0...0o777) ?? mode, item)
        }
    }

    private static func bytes(_ texts: [String: String]) -> [String: [UInt8]] { texts.mapValues { Array($0.utf8) } }

    private var configFiles: [String: [String: [UInt8]]] {
        data.configMaps.mapValues(Self.bytes).merging(data.binaries) { texts, binaries in texts.merging(binaries) { $1 } }
    }

    private func file(_ path: String, _ contents: SealedBytes, _ mode: Int, _ fields: ObjectFields) -> MountedFile? {
        guard FilePath.isBelow(path) else {
            problems.add("DEP-103", fields.path, "'\(path)' is not a path below the volume")
            return nil
        }
        return MountedFile(path: path, contents: contents, mode: mode)
    }
}

/// Paths that people write.
enum FilePath {
    /// Relative, and stays below where it starts.
    static func isBelow(_ path: String) -> Bool {
        let parts = path.split(separator: "/", omittingEmptySubsequences: false)
        return !path.isEmpty && path.utf8.count <= 1024 && !path.utf8.contains(0)
            && parts.allSatisfy { !$0.isEmpty && $0 != "." && $0 != ".." && $0.utf8.count <= 255 }
    }

    /// Absolute, without `..`, not the root, not ours.
    static func isMountable(_ path: String) -> Bool {
        path.hasPrefix("/") && isBelow(String(path.dropFirst())) && path != "/martlet" && !path.hasPrefix("/martlet/")
    }
}
