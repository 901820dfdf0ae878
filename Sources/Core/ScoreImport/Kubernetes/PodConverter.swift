import PlatformModel

/// Makes a workload of a pod template and of what the objects around it say.
struct PodConverter {
    var importer: ScoreImporter
    let objects: KubernetesObjects
    var used: KubernetesUse
    /// Host of a Service -> the name of the workload behind it.
    let hosts: [String: String]
    /// Service -> the paths of Ingresses that lead to it.
    let paths: [String: [ScoreImporter.IngressPath]]
    var draft: WorkloadDraft
    /// Volume of the pod -> what it is.
    var volumes: [String: PodVolume] = [:]
    /// Port of a container by its name.
    var portNumbers: [String: Int] = [:]

    init(
        importer: ScoreImporter, objects: KubernetesObjects, used: KubernetesUse, hosts: [String: String],
        paths: [String: [ScoreImporter.IngressPath]], draft: WorkloadDraft
    ) {
        self.importer = importer
        self.objects = objects
        self.used = used
        self.hosts = hosts
        self.paths = paths
        self.draft = draft
    }

    mutating func convert(_ workload: KubernetesObjects.Workload) throws(ImportRefusal) {
        setKind(workload)
        setMetadata(workload)
        readVolumes(workload)
        let containers = workload.pod["containers"]?.elements ?? [], setups = workload.pod["initContainers"]?.elements ?? []
        for container in containers + setups {
            for port in container["ports"]?.elements ?? [] {
                if let name = port["name"]?.text, let number = port["containerPort"]?.int { portNumbers[name] = number }
            }
        }
        addPorts(of: containers, workload.labels)
        try addRoutes(workload.labels)
        try addContainers(containers, setups)
        if draft.containers.isEmpty {
            importer.log.wrong(workload.pod, "the pod has no container; a Score file needs one, so here is one without an image")
            draft.containers["main"] = ContainerDraft()
        }
        noteOthers(workload)
    }

    /// The profile and its settings, in the extensions file.
    private mutating func setKind(_ workload: KubernetesObjects.Workload) {
        let spec = workload.node["spec"]
        switch workload.kind {
        case "CronJob":
            draft.extensions["profile"] = "humanitec/default-cronjob"
            if let schedule = spec?["schedule"]?.text { draft.extend("schedules", ["main": ["schedule": .string(schedule)]]) }
            importer.log.changed(workload.node, "the schedule stands in the extensions file: deploy the Score file with it")
        case "Job":
            draft.extensions["profile"] = "humanitec/default-job"
            importer.log.changed(workload.node, "that it is a job stands in the extensions file: deploy the Score file with it")
        case "StatefulSet":
            importer.log.changed(workload.node, "the replicas of a workload have neither an order nor names of their own")
        case "DaemonSet":
            importer.log.changed(workload.node, "a workload does not run on every node, but in as many replicas as it is given")
        default: break
        }
        if let replicas = spec?["replicas"], workload.kind != "Pod", let number = replicas.int, number != 1 {
            draft.extend("replicas", .int(Int64(number)))
            importer.log.changed(replicas, "\(number) replicas stand in the extensions file, since Score has no number of them")
        }
    }

    private mutating func setMetadata(_ workload: KubernetesObjects.Workload) {
        for (key, value) in workload.metadata?["annotations"]?.entries ?? [] {
            guard ScoreName.isAnnotationKey(key), let text = value.text else {
                importer.log.dropped(
                    value, "the key of an annotation in Score is [DOMAIN/]NAME, each part of at least two characters")
                continue
            }
            draft.annotations[key] = text
        }
        let selected = Set(
            (workload.node["spec"]?["selector"]?["matchLabels"] ?? workload.node["spec"]?["selector"])?.entries?.map(\.key) ?? [])
        var labels: [String: JSON] = [:]
        for (key, value) in workload.metadata?["labels"]?.entries ?? [] where !selected.contains(key) && workload.kind != "Pod" {
            // Those that every tool writes name the workload, and the platform does that.
            if !key.hasPrefix("app.kubernetes.io/"), key != "app", let text = value.text { labels[key] = .string(text) }
        }
        if !labels.isEmpty { draft.extend("labels", .object(labels)) }
    }

    /// Containers of the pod, and those that come before them.
    private mutating func addContainers(_ containers: [SourceNode], _ setups: [SourceNode]) throws(ImportRefusal) {
        var names = NameSet(), order: [(name: String, isSidecar: Bool)] = [], mains: [String] = []
        for node in setups + containers {
            let isSetup = order.count < setups.count
            let wanted = node["name"]?.text ?? "main", name = names.take(ScoreName.label(wanted, suffix: "container"))
            if name != wanted { importer.log.changed(node, "the container's name is '\(name)'") }
            draft.containers[name] = try container(node)
            order.append((name, isSetup && node["restartPolicy"]?.text == "Always"))
            if !isSetup { mains.append(name) }
        }
        for index in setups.indices {
            let next = index + 1 < setups.count ? [order[index + 1].name] : mains
            let ready = order[index].isSidecar ? "started" : "complete"
            for name in next { draft.containers[order[index].name]?.before[name] = ready }
        }
    }

    /// Keys that Score has nothing for, unless they only say what holds anyway.
    private mutating func noteOthers(_ workload: KubernetesObjects.Workload) {
        for (key, value) in workload.pod.entries ?? [] where !value.isNull && !KubernetesKeys.pod.contains(key) {
            if KubernetesKeys.isDefault(key, value) { continue }
            importer.log.dropped(value, KubernetesKeys.reason(key))
        }
        for (key, value) in workload.node["spec"]?.entries ?? [] where !value.isNull && workload.kind != "Pod" {
            if KubernetesKeys.workload.contains(key) || KubernetesKeys.isDefault(key, value) { continue }
            importer.log.dropped(value, KubernetesKeys.reason(key))
        }
        guard let job = workload.node["spec"]?["jobTemplate"]?["spec"] else { return }
        for (key, value) in job.entries ?? [] where key != "template" && !value.isNull {
            importer.log.dropped(value, KubernetesKeys.reason(key))
        }
    }
}
