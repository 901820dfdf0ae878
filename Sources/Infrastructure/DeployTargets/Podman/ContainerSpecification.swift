import PlatformModel

/// What Podman is told to create. Nothing secret is in it: Podman keeps all of it on disk.
struct ContainerSpecification: Sendable {
    let names: ResourceNames
    let configuration: PodmanTarget.Configuration
    /// Whether this host's control groups can hold the limits.
    let enforcesLimits: Bool

    /// The empty image that sandboxes are made of; martlet-env is mounted into it.
    static let sandboxImage = "localhost/martlet-sandbox:1"

    static func bind(_ source: String, _ destination: String, readOnly: Bool) -> JSON {
        [
            "type": "bind", "source": .string(source), "destination": .string(destination),
            "options": ["rbind", readOnly ? "ro" : "rw", "nosuid", "nodev"],
        ]
    }

    private var martletEnv: JSON {
        Self.bind(configuration.martletEnv, "/martlet/martlet-env", readOnly: true)
    }

    private func labels(_ labels: [String: String], _ more: [String: String]) -> JSON {
        .object(labels.merging(more) { _, new in new }.mapValues(JSON.string))
    }

    /// The container that holds a replica's network, asks its probes and forwards its service ports.
    func sandbox(_ plan: WorkloadPlan, replica: String, network: String, labels given: [String: String], probeFolder: String)
        -> JSON
    {
        let supervision = (try? JSON(encoding: SupervisionPlan(plan))) ?? .null
        let outputs = plan.containers.map { container in
            Self.bind(
                "\(configuration.outputRoot)/\(names.container(replica, container.name))", "/martlet/output/\(container.name)",
                readOnly: false)
        }
        let forwards = plan.services.filter { $0.port != $0.target }
            .flatMap { [JSON.string("--forward"), .string("\($0.port):\($0.target)")] }
        return [
            "name": .string(names.sandbox(replica)), "image": .string(Self.sandboxImage),
            "entrypoint": ["/martlet/martlet-env", "sandbox"],
            "command": .array(["--socket", "/martlet/probe/s"] + forwards),
            "hostname": .string(replica), "netns": ["nsmode": "bridge"],
            "Networks": .object([network: ["aliases": .array(plan.aliases.map(JSON.string))]]),
            "mounts": .array([martletEnv, Self.bind(probeFolder, "/martlet/probe", readOnly: false)] + outputs),
            "labels": labels(
                given, [ResourceNames.Label.role: "sandbox", ResourceNames.Label.plan: supervision.canonical]),
            "log_configuration": ["driver": "none"], "restart_policy": "no", "httpproxy": false, "stop_timeout": 1,
            "read_only_filesystem": true, "no_new_privileges": true, "cap_drop": ["ALL"],
            "cap_add": ["NET_BIND_SERVICE", "DAC_OVERRIDE"],
        ]
    }

    func container(
        _ plan: ContainerPlan, of workload: WorkloadPlan, replica: String, image: ImageConfiguration,
        labels given: [String: String],
        files: String, log: String
    ) -> JSON {
        let sandbox: JSON = ["nsmode": "container", "value": .string(names.sandbox(replica))]
        var entrypoint: [String] = ["/martlet/martlet-env", "run"]
        if !plan.secretVariables.isEmpty { entrypoint += ["--file", "/martlet/secrets/env"] }
        let command = plan.command ?? image.entrypoint
        // A command of its own drops the image's arguments too, as in Kubernetes.
        let arguments = plan.arguments ?? (plan.command == nil ? image.command : [])
        var specification: JSON = [
            "name": .string(names.container(replica, plan.name)), "image": .string(image.id),
            "entrypoint": .array((entrypoint + ["--"]).map(JSON.string)),
            "command": .array((command + arguments).map(JSON.string)),
            "env": .object(plan.variables.mapValues(JSON.string)), "netns": sandbox, "utsns": sandbox,
            "mounts": .array(mounts(plan, files)), "volumes": .array(volumes(plan, replica)),
            "labels": labels(
                given, [ResourceNames.Label.role: "container", ResourceNames.Label.container: plan.name]),
            "log_configuration": ["driver": "k8s-file", "path": .string(log), "size": .int(configuration.outputLimit)],
            "restart_policy": "no", "httpproxy": false, "stop_timeout": .int(Int64(workload.terminationGrace)),
            "read_only_filesystem": .bool(plan.security.readOnlyRoot), "no_new_privileges": .bool(plan.security.noNewPrivileges),
        ]
        if let folder = plan.workingDirectory { specification["work_dir"] = .string(folder) }
        if let user = plan.security.user {
            specification["user"] = .string("\(user)" + (plan.security.group.map { ":\($0)" } ?? ""))
        }
        if !plan.security.droppedCapabilities.isEmpty {
            specification["cap_drop"] = .array(plan.security.droppedCapabilities.map(JSON.string))
        }
        if !plan.security.addedCapabilities.isEmpty {
            specification["cap_add"] = .array(plan.security.addedCapabilities.map(JSON.string))
        }
        if enforcesLimits, let limits = limits(plan.resources) { specification["resource_limits"] = limits }
        return specification
    }

    private func mounts(_ plan: ContainerPlan, _ files: String) -> [JSON] {
        var mounts = [martletEnv]
        if !plan.secretVariables.isEmpty { mounts.append(Self.bind("\(files)/secrets", "/martlet/secrets", readOnly: true)) }
        for (index, mount) in plan.mounts.enumerated() {
            switch mount.source {
            case .files:
                let source = "\(files)/files/\(index)" + (mount.subPath.map { "/" + $0 } ?? "")
                mounts.append(Self.bind(source, mount.path, readOnly: true))
            case .scratch(_, true, let limit):
                let size = JSON.string("size=\(limit ?? 64 << 20)")
                mounts.append([
                    "type": "tmpfs", "source": "tmpfs", "destination": .string(mount.path),
                    "options": ["rw", "nosuid", "nodev", "mode=1777", size],
                ])
            case .scratch: break
            }
        }
        return mounts
    }

    private func volumes(_ plan: ContainerPlan, _ replica: String) -> [JSON] {
        plan.mounts.compactMap { mount in
            guard case .scratch(let name, false, _) = mount.source else { return nil }
            return [
                "Name": .string(names.volume(replica, name)), "Dest": .string(mount.path),
                "Options": [mount.isReadOnly ? "ro" : "rw", "U", "nocopy"],
            ]
        }
    }

    private func limits(_ plan: ResourcePlan) -> JSON? {
        var limits: [String: JSON] = [:]
        var memory: [String: JSON] = [:], processor: [String: JSON] = [:]
        if let limit = plan.memoryLimit { memory["limit"] = .int(limit) }
        if let request = plan.memoryRequest, plan.memoryLimit.map({ request <= $0 }) ?? true {
            memory["reservation"] = .int(request)
        }
        if let limit = plan.processorLimit {
            processor["period"] = 100_000
            // The kernel takes at least a millisecond of each period.
            processor["quota"] = .int(max(1000, limit * 100))
        }
        if let request = plan.processorRequest { processor["shares"] = .int(max(2, request * 1024 / 1000)) }
        if !memory.isEmpty { limits["memory"] = .object(memory) }
        if !processor.isEmpty { limits["cpu"] = .object(processor) }
        return limits.isEmpty ? nil : .object(limits)
    }
}
