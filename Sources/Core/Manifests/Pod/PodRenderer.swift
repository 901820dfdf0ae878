import PlatformModel

/// The pod template of a workload.
struct PodRenderer {
    /// Fields of a PodSpec that may stand at the top of the spec, where updates put them.
    static let fields = [
        "serviceAccountName", "nodeSelector", "tolerations", "affinity", "imagePullSecrets", "securityContext",
        "terminationGracePeriodSeconds", "topologySpreadConstraints", "priorityClassName", "hostAliases", "dnsConfig",
        "dnsPolicy", "automountServiceAccountToken", "runtimeClassName", "schedulerName", "hostNetwork", "hostPID", "hostIPC",
        "shareProcessNamespace", "preemptionPolicy", "activeDeadlineSeconds", "nodeName", "os", "enableServiceLinks",
        "readinessGates", "setHostnameAsFQDN", "hostname", "subdomain",
    ]

    let spec: MarkedSpec
    let labels: WorkloadLabels
    let manifests: [InjectedManifest]

    /// `overrides` are a schedule's changes to the containers.
    func render(
        overriding overrides: JSON = [:], restartPolicy: String?, _ data: inout WorkloadData, _ problems: inout ProblemList
    ) -> JSON {
        var pod: [String: JSON] = ["enableServiceLinks": false]
        for field in Self.fields { if let value = spec.spec[field] { pod[field] = value } }
        if let account = spec.spec["service_account_name"] { pod["serviceAccountName"] = account }
        var volumeNames: [String: String] = [:]
        var volumes = volumes(&volumeNames, &problems)
        let all = Self.merge(overrides, into: spec.spec["containers"] ?? [:]).object ?? [:]
        if all.isEmpty { problems.add("103", "spec.containers", "at least one container is needed") }
        let order = ContainerOrder(all, &problems)
        var initial: [JSON] = [], main: [JSON] = []
        for name in order.names {
            let renderer = ContainerRenderer(name: name, spec: spec, volumeNames: volumeNames)
            var container = renderer.render(all[name] ?? [:], &data, &problems)
            container = order.complete(container, name, &problems)
            if order.isInitial(name) {
                initial.append(container)
            } else {
                if main.isEmpty { addPorts(to: &container) }
                main.append(container)
            }
        }
        main += injected("containers", &problems)
        checkNames(initial + main, "containers", &problems)
        volumes += data.volumes
        if !initial.isEmpty { pod["initContainers"] = .array(initial) }
        pod["containers"] = .array(main)
        if !volumes.isEmpty { pod["volumes"] = .array(volumes) }
        if let restartPolicy { pod["restartPolicy"] = .string(restartPolicy) }
        if pod["serviceAccountName"] == nil, pod["automountServiceAccountToken"] == nil {
            pod["automountServiceAccountToken"] = false
        }
        return template(pod, data.hash, &problems)
    }

    private func template(_ pod: [String: JSON], _ hash: String?, _ problems: inout ProblemList) -> JSON {
        var pod = pod, settings = spec.spec["pod"]?.object ?? [:]
        if settings.removeValue(forKey: "containers") != nil {
            problems.add(
                "101", "spec.pod.containers", "the pod's containers stand under 'containers' of the spec; write them there")
        }
        // What the pod has of them already stays, and comes first.
        for key in ["initContainers", "volumes"] {
            guard let more = settings[key]?.array else { continue }
            settings[key] = nil
            pod[key] = .array((pod[key]?.array ?? []) + more)
            checkNames(pod[key]?.array ?? [], key, &problems)
        }
        let ownLabels = settings.removeValue(forKey: "labels") ?? [:]
        let ownAnnotations = settings.removeValue(forKey: "annotations") ?? [:]
        var annotations = Self.merge(ownAnnotations, into: spec.spec["annotations"] ?? [:]).object ?? [:]
        annotations["martlet.dev/config-hash"] = hash.map { .string($0) }
        let more = Self.merge(ownLabels, into: spec.spec["labels"] ?? [:])
        var metadata: [String: JSON] = ["labels": Self.merge(labels.all, into: more)]
        if !annotations.isEmpty { metadata["annotations"] = .object(annotations) }
        return ["metadata": .object(metadata), "spec": Self.merge(.object(settings), into: .object(pod))]
    }

    /// The service's ports, for people; the pod's containers share one address. Each only once, however many ports of the service lead
    /// to it: port and protocol are the key by which a server-side apply finds it.
    private func addPorts(to container: inout JSON) {
        var seen: Set<JSON> = [], ports: [JSON] = []
        for (name, port) in (spec.spec["service"]?["ports"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            guard let number = port["container_port"] ?? port["service_port"] else { continue }
            var entry: JSON = ["containerPort": number, "protocol": port["protocol"] ?? "TCP"]
            guard seen.insert(entry).inserted else { continue }
            if Self.isPortName(name) { entry["name"] = .string(name) }
            ports.append(entry)
        }
        // Those that the container has of its own stay.
        let own = container["ports"]?.array ?? []
        let taken = own.compactMap { $0["containerPort"] }
        let all = own + ports.filter { port in !taken.contains { $0 == port["containerPort"] } }
        if !all.isEmpty { container["ports"] = .array(all) }
    }

    /// What Kubernetes takes as the name of a container's port (RFC 6335, 5.1): shorter than a service may name its own.
    private static func isPortName(_ name: String) -> Bool {
        let bytes = Array(name.utf8), hyphen = UInt8(ascii: "-")
        return bytes.count <= 15 && bytes.contains { (0x61...0x7a).contains($0) } && bytes.last != hyphen && bytes.first != hyphen
            && !zip(bytes, bytes.dropFirst()).contains { $0 == hyphen && $1 == hyphen }
    }

    private func volumes(_ names: inout [String: String], _ problems: inout ProblemList) -> [JSON] {
        var volumes: [JSON] = []
        for (name, volume) in (spec.spec["volumes"]?.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            var volume = PodVolume.kubernetes(volume, workload: labels.workload)
            volume["name"] = .string(name)
            names[name] = name
            names["volumes.\(name)"] = name
            volumes.append(volume)
        }
        for volume in spec.spec["extraVolumes"]?.array ?? [] {
            if let name = volume["name"]?.string {
                names[name] = name
                names["volumes.\(name)"] = name
            }
            volumes.append(volume)
        }
        for injected in manifests where injected.manifest.location == "volumes" {
            guard let name = injected.manifest.data["name"]?.string else {
                problems.add("106", "manifests.\(injected.source ?? "volumes")", "a volume needs a 'name'")
                continue
            }
            for source in injected.sources { names[source] = names[source] ?? name }
            // Two containers, or a mount and the resource itself, may bring the same volume.
            if !volumes.contains(injected.manifest.data) { volumes.append(injected.manifest.data) }
        }
        checkNames(volumes, "volumes", &problems)
        return volumes
    }

    private func injected(_ location: String, _ problems: inout ProblemList) -> [JSON] {
        manifests.filter { $0.manifest.location == location }.map(\.manifest.data)
    }

    private func checkNames(_ things: [JSON], _ kind: String, _ problems: inout ProblemList) {
        var seen: Set<String> = []
        for thing in things {
            guard let name = thing["name"]?.string else {
                problems.add("106", "manifests.\(kind)", "each of them needs a 'name'")
                continue
            }
            if !seen.insert(name).inserted { problems.add("108", "manifests.\(kind)", "two of them have the name '\(name)'") }
        }
    }

    /// Deep: maps are merged, all else replaced.
    static func merge(_ more: JSON, into base: JSON) -> JSON {
        guard case .object(let above) = more, case .object(let below) = base, !below.isEmpty else { return more }
        return above.isEmpty ? base : .object(below.merging(above) { merge($1, into: $0) })
    }
}
