import PlatformModel

/// How a pod is reached: its Services and Ingresses.
extension PodConverter {
    mutating func addPorts(of containers: [SourceNode], _ labels: [String: String]) {
        let services = objects.services(selecting: labels)
        for (name, node) in services {
            used.services.insert(name)
            if name != draft.name {
                importer.log.changed(node, "others reach the workload as '\(draft.name)', no longer as '\(name)'")
            }
            let type = node["spec"]?["type"]
            if let type, let text = type.text, text != "ClusterIP" {
                importer.log.dropped(
                    type, "a Service of the type '\(text)': from outside a workload is reached by a 'route' and its 'dns'")
            }
            for port in node["spec"]?["ports"]?.elements ?? [] { add(port) }
        }
        guard services.isEmpty else { return }
        var isFirst = true
        for node in containers.flatMap({ $0["ports"]?.elements ?? [] }) {
            guard let number = node["containerPort"].flatMap({ portNumber($0) }) else { continue }
            draft.add(port: .init(port: number, isUDP: node["protocol"]?.text == "UDP"), named: node["name"]?.text)
            if isFirst {
                importer.log.changed(node, "no Service leads to it; its containers' ports are ports of the workload now")
            }
            isFirst = false
        }
    }

    private mutating func add(_ node: SourceNode) {
        guard let port = node["port"].flatMap({ portNumber($0) }), draft.ports.count < PortMapping.limit else {
            return importer.log.wrong(node, "a port from 1 to 65535 is needed, and at most \(PortMapping.limit) of them")
        }
        let network = node["protocol"]?.text ?? "TCP"
        guard network == "TCP" || network == "UDP" else {
            return importer.log.dropped(node, "Score knows TCP and UDP, and not \(network)")
        }
        var target: Int?
        if let wanted = node["targetPort"] {
            target = portNumber(wanted)
            if target == nil {
                importer.log.wrong(wanted, "no container has a port of that name; the Service's own number is taken")
            }
        }
        draft.add(port: .init(port: port, target: target, isUDP: network == "UDP"), named: node["name"]?.text)
    }

    /// A route, and the host name that it needs, for every path that leads here.
    mutating func addRoutes(_ labels: [String: String]) throws(ImportRefusal) {
        for (name, service) in objects.services(selecting: labels) {
            for path in paths[name] ?? [] {
                used.backends.insert(name)
                note(path.ingress, path.object)
                guard let port = path.port.flatMap({ number($0, of: service) }) else {
                    importer.log.wrong(path.node, "the Service '\(name)' has no such port")
                    continue
                }
                try importer.budget.spend(path.path.utf8.count)
                let dns = draft.resource("dns", ["type": "dns"], sharing: "host/\(path.host ?? "")")
                let params: JSON = [
                    "host": .string("${resources.\(dns).host}"), "path": .string(ScoreTemplate.escaped(path.path)),
                    "port": .int(Int64(port)),
                ]
                _ = draft.resource("route", ["type": "route", "params": params])
                let host = path.host.map { "'\($0)'" } ?? "any"
                importer.log.changed(path.node, "the host was \(host); now the definition of the type 'dns' decides it")
            }
        }
    }

    /// What an Ingress says beside its paths; once.
    private mutating func note(_ name: String, _ node: SourceNode) {
        guard used.ingresses.insert(name).inserted else { return }
        if let tls = node["spec"]?["tls"] { importer.log.dropped(tls, "certificates are the platform's matter") }
        for (key, value) in node["metadata"]?["annotations"]?.entries ?? [] where !key.hasPrefix("kubectl.kubernetes.io/") {
            importer.log.dropped(
                value, "it is for one ingress controller; the definition of the type 'route' can set what it means")
        }
    }

    /// The port of a Service by number or name.
    private func number(_ wanted: SourceNode, of service: SourceNode) -> Int? {
        let ports = service["spec"]?["ports"]?.elements ?? []
        let found = ports.prefix(PortMapping.limit).first {
            $0["port"]?.int == wanted.int && wanted.int != nil || $0["name"]?.text == wanted.text
        }
        return (found?["port"]).flatMap { portNumber($0) }
    }
}
