import PlatformModel

/// Reads one container of a pod template.
struct ContainerReader {
    let problems: ProblemList
    let data: PodData
    let volumes: [String: MountPlan.Source]
    let podSecurity: SecurityPlan

    /// The container and its named ports.
    func read(_ fields: ObjectFields, isInitial: Bool) -> (ContainerPlan, [String: Int])? {
        defer { fields.finish() }
        let name = fields.required("name"), image = fields.required("image")
        var initial: ContainerPlan.Initial?
        if isInitial {
            fields.expect("restartPolicy", "Always")
            initial = fields.string("restartPolicy") == nil ? .ends : .runsOn
        }
        fields.expect("imagePullPolicy", "IfNotPresent", "Never")
        fields.accept("terminationMessagePath", "terminationMessagePolicy")
        var container = ContainerPlan(name: name ?? "?", initial: initial, image: image ?? "?")
        var names: [String: Int] = [:]
        for port in fields.objects("ports") {
            port.expect("protocol", "TCP")
            let number = port.int("containerPort", 1...65535)
            if let number { container.ports.append(number) }
            if let number, let name = port.string("name") { names[name] = number }
            port.finish()
        }
        var variables = VariableReader(problems: problems, data: data)
        variables.read(fields)
        container.variables = variables.plain
        container.secretVariables = variables.secret
        container.command = words(fields, "command", variables.expansion)
        container.arguments = words(fields, "args", variables.expansion)
        container.workingDirectory = fields.string("workingDir")
        container.mounts = fields.objects("volumeMounts").compactMap(readMount)
        container.resources = fields.object("resources").map(readResources) ?? ResourcePlan()
        container.security = fields.object("securityContext").map(readSecurity) ?? podSecurity
        readProbes(fields, names, into: &container)
        guard let name, image != nil else { return nil }
        guard name.utf8.count <= 63, name.utf8.allSatisfy({ Self.isNameByte($0) }) else {
            problems.add("DEP-103", "\(fields.path).name", "up to 63 lower-case letters, digits and hyphens are needed")
            return nil
        }
        return (container, names)
    }

    private func readProbes(_ fields: ObjectFields, _ ports: [String: Int], into container: inout ContainerPlan) {
        let keys = ["startupProbe", "readinessProbe", "livenessProbe"]
        if container.initial == .ends {
            for key in keys where fields.value(key) != nil {
                fields.refuse(
                    key, "a container that ends before the others start has no probes; with restartPolicy: Always it runs on")
            }
            return
        }
        let probes = ProbeReader(problems: problems, portNames: ports)
        container.startup = fields.object(keys[0]).flatMap(probes.read)
        container.readiness = fields.object(keys[1]).flatMap(probes.read)
        container.liveness = fields.object(keys[2]).flatMap(probes.read)
        for (key, probe) in [(keys[0], container.startup), (keys[2], container.liveness)] {
            guard let probe, probe.successThreshold != 1 else { continue }
            fields.refuse("\(key).successThreshold", "\(probe.successThreshold) is not 1, which Kubernetes asks for here")
        }
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x2d
    }

    /// A command line is seen by every process list: a secret must not get into it.
    private func words(_ fields: ObjectFields, _ key: String, _ expansion: VariableExpansion) -> [String]? {
        guard let words = fields.strings(key) else { return nil }
        return words.enumerated().map { index, word in
            let (value, isSecret) = expansion.expand(word)
            guard isSecret else { return value }
            problems.add(
                "DEP-106", "\(fields.path).\(key)[\(index)]",
                "refers to a secret variable, which would show it in the process list; read the variable in the program")
            return ""
        }
    }

    private func readMount(_ fields: ObjectFields) -> MountPlan? {
        defer { fields.finish() }
        let readOnly = fields.bool("readOnly"), subPath = fields.string("subPath")
        guard let path = fields.required("mountPath"), let name = fields.required("name") else { return nil }
        guard FilePath.isMountable(path) else {
            fields.refuse("mountPath", "'\(path)' is not an absolute path outside /martlet")
            return nil
        }
        guard let source = volumes[name] else {
            problems.add(
                "DEP-105", "\(fields.path).name", "the pod has no volume '\(name)'",
                suggestion: nearestName(to: name, among: volumes.keys.sorted()))
            return nil
        }
        if let subPath {
            guard case .files(let files) = source else {
                fields.refuse("subPath", "this target does it for files of a secret or configMap")
                return nil
            }
            guard files.contains(where: { $0.path == subPath }) else {
                fields.refuse(
                    "subPath", "the volume has no file '\(subPath)'",
                    suggestion: nearestName(to: subPath, among: files.map(\.path)))
                return nil
            }
        }
        return MountPlan(path: path, isReadOnly: readOnly ?? false, subPath: subPath, source: source)
    }

    private func readResources(_ fields: ObjectFields) -> ResourcePlan {
        func amounts(_ key: String) -> (Int64?, Int64?) {
            guard let amounts = fields.object(key) else { return (nil, nil) }
            defer { amounts.finish() }
            func amount(_ key: String, _ example: String, _ read: (String) -> Int64?) -> Int64? {
                guard let value = amounts.value(key) else { return nil }
                let text = value.string ?? value.double.map { $0 == $0.rounded() ? String(Int64($0)) : String($0) }
                if let amount = text.flatMap(read) { return amount }
                amounts.refuse(key, "a quantity such as \(example) is needed")
                return nil
            }
            amounts.accept("ephemeral-storage")
            return (amount("memory", "128Mi", Quantity.bytes), amount("cpu", "250m", Quantity.millis))
        }
        let limits = amounts("limits"), requests = amounts("requests")
        fields.finish()
        return ResourcePlan(
            memoryLimit: limits.0, memoryRequest: requests.0, processorLimit: limits.1, processorRequest: requests.1)
    }

    private func readSecurity(_ fields: ObjectFields) -> SecurityPlan {
        var security = podSecurity
        security.user = fields.int("runAsUser", 0...Int(Int32.max)) ?? security.user
        security.group = fields.int("runAsGroup", 0...Int(Int32.max)) ?? security.group
        security.readOnlyRoot = fields.bool("readOnlyRootFilesystem") ?? false
        security.noNewPrivileges = fields.bool("allowPrivilegeEscalation") == false
        if fields.bool("privileged") == true { fields.refuse("privileged", "no workload gets the rights of the machine") }
        if let capabilities = fields.object("capabilities") {
            security.droppedCapabilities = capabilities.strings("drop") ?? []
            security.addedCapabilities = capabilities.strings("add") ?? []
            for name in security.addedCapabilities where name != "NET_BIND_SERVICE" {
                capabilities.refuse("add", "'\(name)': only NET_BIND_SERVICE can be added")
            }
            capabilities.finish()
        }
        security.readCommon(fields)
        fields.finish()
        return security
    }
}

extension SecurityPlan {
    /// What a pod and a container can both say.
    mutating func readCommon(_ fields: ObjectFields) {
        mustNotBeRoot = fields.bool("runAsNonRoot") ?? mustNotBeRoot
        if mustNotBeRoot, user == 0 { fields.refuse("runAsNonRoot", "the user 0 is root") }
        guard let seccomp = fields.object("seccompProfile") else { return }
        // Podman's own profile is used in any case.
        seccomp.expect("type", "RuntimeDefault", "Unconfined")
        seccomp.finish()
    }
}
