import PlatformModel

/// Renders a workload by its profile: a Deployment (`default-module`), a Job (`default-job`) or CronJobs (`default-cronjob`), with a
/// Service when it has ports and with the ConfigMap and the Secret that it reads. A profile's name may begin with `humanitec/` or
/// `martlet/`. The shape of the spec is told at `ScoreConverter`.
package enum WorkloadRenderer {
    /// The profiles that come with Martlet, without their prefix.
    package static let profiles = ["default-module", "default-job", "default-cronjob"]

    /// The bare name of a profile that comes with Martlet; nil for every other.
    package static func builtIn(_ profile: String) -> String? {
        let name = profile.split(separator: "/", omittingEmptySubsequences: false).last.map(String.init) ?? ""
        let prefix = profile.dropLast(name.utf8.count)
        return profiles.contains(name) && ["humanitec/", "martlet/"].contains(prefix) ? name : nil
    }

    /// The members that a workload's spec may have.
    package static let fields = Rendering.known

    package static func render(_ input: WorkloadInput) throws(ManifestProblems) -> RenderedWorkload {
        var problems = ProblemList(workload: input.name)
        let spec = MarkedSpec(input, &problems)
        var rendering = Rendering(input: input, spec: spec, problems: problems)
        let rendered = rendering.render()
        guard rendering.problems.problems.isEmpty else { throw ManifestProblems(problems: rendering.problems.problems) }
        return rendered
    }
}

/// One workload on its way.
private struct Rendering {
    static let known =
        [
            "containers", "service", "ingress", "annotations", "labels", "replicas", "volumes", "pod", "deployment", "job",
            "cronjob", "schedules", "service_account_name", "extraVolumes",
        ] + PodRenderer.fields

    let input: WorkloadInput
    let spec: MarkedSpec
    let labels: WorkloadLabels
    var problems: ProblemList
    var data: WorkloadData

    init(input: WorkloadInput, spec: MarkedSpec, problems: ProblemList) {
        self.input = input
        self.spec = spec
        self.problems = problems
        labels = WorkloadLabels(environment: input.environment, workload: input.name)
        data = WorkloadData(workload: input.name)
    }

    mutating func render() -> RenderedWorkload {
        for key in (spec.spec.object ?? [:]).keys.sorted() where !Self.known.contains(key) {
            problems.unknown(key, "spec", among: Self.known, "; give other fields of a pod under 'pod'")
        }
        checkManifests()
        let controllers = controllers()
        let service = service()
        var objects = input.manifests.filter { ["namespace", "cluster"].contains($0.manifest.location) }.map(\.manifest.data)
        var slots: [SecretSlot] = []
        for (name, content, secrets) in data.objects {
            for (key, parts) in secrets {
                let pointer = JSONPointer(tokens: [String(objects.count), "stringData", key])
                slots.append(SecretSlot(pointer: pointer.description, parts: parts))
            }
            objects.append(object(content, name: name))
        }
        objects += [service].compactMap { $0 } + controllers + [ingress()].compactMap { $0 }
        for object in objects where MarkedSpec.holdsMark(object) {
            problems.add(
                "105", "spec",
                "a secret stands where it would be shown in a \(object["kind"]?.string ?? "manifest"); "
                    + "secrets can stand in variables and files only")
        }
        return RenderedWorkload(objects: objects, slots: slots)
    }

    private mutating func checkManifests() {
        let locations = ["namespace", "cluster", "containers", "volumes"]
        for injected in input.manifests {
            let place = "manifests.\(injected.source ?? injected.manifest.location)"
            if !locations.contains(injected.manifest.location) {
                problems.add(
                    "106", place, "'\(injected.manifest.location)' is not one of \(locations.joined(separator: ", "))",
                    suggestion: nearestName(to: injected.manifest.location, among: locations))
            } else if injected.manifest.data.object == nil {
                problems.add("106", place, "a manifest is a map, not a \(injected.manifest.data.kind)")
            } else if ["namespace", "cluster"].contains(injected.manifest.location), injected.manifest.data["kind"]?.string == nil
            {
                problems.add("106", place, "an object needs 'apiVersion' and 'kind'")
            }
        }
    }

    private mutating func controllers() -> [JSON] {
        let pod = PodRenderer(spec: spec, labels: labels, manifests: input.manifests)
        guard let name = WorkloadRenderer.builtIn(input.workload.profile) else {
            problems.add(
                "109", "profile", "there is no profile '\(input.workload.profile)'",
                suggestion: nearestName(to: input.workload.profile, among: WorkloadRenderer.profiles.map { "humanitec/\($0)" }))
            return []
        }
        switch name {
        case "default-job": return [job(pod)]
        case "default-cronjob": return cronJobs(pod)
        default: return [deployment(pod)]
        }
    }

    private mutating func deployment(_ pod: PodRenderer) -> JSON {
        let template = pod.render(restartPolicy: nil, &data, &problems)
        let replicas = spec.spec["replicas"] ?? 1
        if replicas.int.map({ (0...1000).contains($0) }) != true {
            problems.add("103", "spec.replicas", "a whole number from 0 to 1000 is needed")
        }
        let own: JSON = ["replicas": replicas, "selector": ["matchLabels": labels.selector], "template": template]
        return controller("Deployment", "apps/v1", input.name, settings: spec.spec["deployment"], own)
    }

    private mutating func job(_ pod: PodRenderer) -> JSON {
        let template = pod.render(restartPolicy: "Never", &data, &problems)
        return controller("Job", "batch/v1", input.name, settings: spec.spec["job"], ["template": template])
    }

    private mutating func cronJobs(_ pod: PodRenderer) -> [JSON] {
        let schedules = spec.spec["schedules"]?.object ?? [:]
        if schedules.isEmpty { problems.add("103", "spec.schedules", "a cron job needs at least one schedule") }
        return schedules.sorted { $0.key < $1.key }.map { name, schedule in
            var settings = schedule.object ?? [:]
            let overrides = settings.removeValue(forKey: "containers") ?? [:]
            if settings["schedule"]?.string == nil {
                problems.add("103", "spec.schedules.\(name).schedule", "a time in cron's form is needed, such as '0 3 * * *'")
            }
            let template = pod.render(overriding: overrides, restartPolicy: "Never", &data, &problems)
            var job = controller("Job", "batch/v1", "", settings: spec.spec["job"], ["template": template])
            for key in ["apiVersion", "kind"] { job[key] = nil }
            job["metadata"]?["name"] = nil
            job["metadata"]?["namespace"] = nil
            let own = PodRenderer.merge(.object(settings), into: ["jobTemplate": job])
            return controller("CronJob", "batch/v1", "\(input.name)-\(name)", settings: spec.spec["cronjob"], own)
        }
    }

    /// An object of a profile: `settings` has labels and annotations of the object, and fields of its spec.
    private func controller(_ kind: String, _ version: String, _ name: String, settings: JSON?, _ own: JSON) -> JSON {
        var fields = settings?.object ?? [:]
        let labels = fields.removeValue(forKey: "labels"), annotations = fields.removeValue(forKey: "annotations")
        let spec = PodRenderer.merge(.object(fields), into: own)
        return object(
            ["apiVersion": .string(version), "kind": .string(kind), "spec": spec], name: name, labels: labels,
            annotations: annotations)
    }

    private mutating func service() -> JSON? {
        let settings = spec.spec["service"]?.object ?? [:]
        guard let ports = settings["ports"]?.object, !ports.isEmpty else { return nil }
        for key in settings.keys.sorted() where !["ports", "labels", "annotations", "type"].contains(key) {
            problems.unknown(key, "spec.service", among: ["ports", "labels", "annotations", "type"])
        }
        let list = ports.sorted { $0.key < $1.key }.map { name, port -> JSON in
            let number = port["service_port"]?.int ?? port["container_port"]?.int
            guard let number, (1...65535).contains(number) else {
                problems.add("103", "spec.service.ports.\(name).service_port", "a port from 1 to 65535 is needed")
                return [:]
            }
            return [
                "name": .string(name), "port": .int(Int64(number)),
                "targetPort": port["container_port"] ?? .int(Int64(number)), "protocol": port["protocol"] ?? "TCP",
            ]
        }
        var fields: [String: JSON] = ["selector": labels.selector, "ports": .array(list)]
        fields["type"] = settings["type"]
        return object(
            ["apiVersion": "v1", "kind": "Service", "spec": .object(fields)], name: input.name, labels: settings["labels"],
            annotations: settings["annotations"])
    }

    private mutating func ingress() -> JSON? {
        let settings = spec.spec["ingress"]
        let ports = Set((spec.spec["service"]?["ports"]?.object ?? [:]).keys)
        let renderer = IngressRenderer(workload: input.name, hosts: input.hosts, ports: ports)
        guard let fields = renderer.render(settings, &problems) else { return nil }
        return object(
            ["apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "spec": fields], name: input.name,
            labels: settings?["labels"], annotations: settings?["annotations"])
    }

    private func object(_ content: [String: JSON], name: String, labels more: JSON? = nil, annotations: JSON? = nil) -> JSON {
        var metadata: [String: JSON] = ["name": .string(name), "labels": PodRenderer.merge(labels.all, into: more ?? [:])]
        metadata["annotations"] = annotations
        metadata["namespace"] = input.namespace.map { .string($0) }
        var content = content
        content["metadata"] = .object(metadata)
        return .object(content)
    }
}
