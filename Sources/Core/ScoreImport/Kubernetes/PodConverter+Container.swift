import PlatformModel

/// One container of a pod.
extension PodConverter {
    mutating func container(_ node: SourceNode) throws(ImportRefusal) -> ContainerDraft {
        var container = ContainerDraft()
        if let image = node["image"]?.text, !image.isEmpty {
            container.image = image
        } else {
            importer.log.needed(node, "the container has no image; give it with --image at deploy time")
        }
        container.command = node["command"]?.texts
        container.args = node["args"]?.texts
        try setVariables(node, &container)
        setAmounts(node["resources"], &container)
        container.livenessProbe = node["livenessProbe"].flatMap { probe($0) }
        container.readinessProbe = node["readinessProbe"].flatMap { probe($0) }
        for mount in node["volumeMounts"]?.elements ?? [] { try self.mount(mount, &container) }
        for (key, value) in node.entries ?? [] where !value.isNull && !KubernetesKeys.container.contains(key) {
            if KubernetesKeys.isDefault(key, value) || (key == "restartPolicy" && value.text == "Always") { continue }
            importer.log.dropped(value, KubernetesKeys.reason(key))
        }
        return container
    }

    private mutating func setAmounts(_ node: SourceNode?, _ container: inout ContainerDraft) {
        for (kind, amounts) in node?.entries ?? [] {
            guard kind == "limits" || kind == "requests" else {
                importer.log.dropped(amounts, KubernetesKeys.reason(kind))
                continue
            }
            for (name, amount) in amounts.entries ?? [] where !amount.isNull {
                guard name == "cpu" || name == "memory" else {
                    importer.log.dropped(
                        amount, "Score knows amounts of cpu and memory; a definition of the type 'workload' can set others")
                    continue
                }
                let text = amount.text ?? ""
                guard let score = name == "cpu" ? ScoreQuantity.cpu(text) : ScoreQuantity.memory(kubernetes: text) else {
                    importer.log.wrong(amount, "an amount such as \(name == "cpu" ? "250m" : "128Mi") is needed")
                    continue
                }
                if kind == "limits" { container.limits[name] = score } else { container.requests[name] = score }
            }
        }
    }

    private mutating func probe(_ node: SourceNode) -> JSON? {
        var probe: [String: JSON] = [:], times: [String] = []
        for (key, value) in node.entries ?? [] where !value.isNull {
            switch key {
            case "exec":
                if let command = value["command"]?.texts { probe["exec"] = ["command": .array(command.map { .string($0) })] }
            case "httpGet": probe["httpGet"] = httpGet(value)
            case "tcpSocket", "grpc": importer.log.dropped(value, "Score has probes by HTTP and by command only")
            default: times.append(key)
            }
        }
        if !times.isEmpty {
            importer.log.dropped(node, "\(times.joined(separator: ", ")): the platform's own times of probes count")
        }
        return probe.isEmpty ? nil : .object(probe)
    }

    private mutating func httpGet(_ node: SourceNode) -> JSON? {
        guard let port = node["port"].flatMap({ portNumber($0) }) else {
            importer.log.wrong(node, "the probe's port is no number, and no name of a container's port")
            return nil
        }
        var get: [String: JSON] = ["port": .int(Int64(port)), "path": .string(node["path"]?.text ?? "/")]
        if let host = node["host"]?.text, !host.isEmpty { get["host"] = .string(host) }
        if let scheme = node["scheme"]?.text, ["HTTP", "HTTPS"].contains(scheme) { get["scheme"] = .string(scheme) }
        var headers: [JSON] = []
        for header in node["httpHeaders"]?.elements ?? [] {
            guard let name = header["name"]?.text, let value = header["value"]?.text, !value.isEmpty, !name.isEmpty,
                name.utf8.allSatisfy({ $0.isAlphanumeric || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_") })
            else {
                importer.log.wrong(header, "a header needs a name of letters, digits, '-' and '_', and a value")
                continue
            }
            headers.append(["name": .string(name), "value": .string(value)])
        }
        if !headers.isEmpty { get["httpHeaders"] = .array(headers) }
        return .object(get)
    }

    /// A port by number, or by the name that a container gives it.
    func portNumber(_ node: SourceNode) -> Int? {
        let number = node.int ?? node.text.flatMap { portNumbers[$0] }
        return number.flatMap { (1...65535).contains($0) ? $0 : nil }
    }
}

extension UInt8 {
    /// An ASCII letter or digit.
    var isAlphanumeric: Bool { (0x30...0x39).contains(self) || (0x41...0x5a).contains(self & 0xdf) }
}
