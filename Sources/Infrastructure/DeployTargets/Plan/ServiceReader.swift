import PlatformModel

/// Reads a Service: which ports, and where the containers listen.
struct ServiceReader {
    let problems: ProblemList
    /// The containers' ports that have names.
    let portNames: [String: Int]

    func read(_ service: ObjectFields) -> [ServicePort] {
        service.accept("status")
        defer { service.finish() }
        guard let spec = service.object("spec") else { return [] }
        spec.expect("type", "ClusterIP")
        spec.accept("selector", "clusterIP", "internalTrafficPolicy", "sessionAffinity", "ipFamilies", "ipFamilyPolicy")
        let ports = spec.objects("ports").compactMap(readPort)
        spec.finish()
        return ports
    }

    private func readPort(_ fields: ObjectFields) -> ServicePort? {
        fields.accept("name", "appProtocol")
        fields.expect("protocol", "TCP")
        defer { fields.finish() }
        guard let port = fields.int("port", 1...65535) else {
            if fields.value("port") == nil { problems.add("DEP-104", "\(fields.path).port", "missing") }
            return nil
        }
        guard let target = fields.value("targetPort") else { return ServicePort(port: port, target: port) }
        if let number = target.int, (1...65535).contains(number) { return ServicePort(port: port, target: number) }
        if let name = target.string, let number = portNames[name] { return ServicePort(port: port, target: number) }
        fields.refuse(
            "targetPort", "no port of a container has this number or name",
            suggestion: target.string.flatMap { nearestName(to: $0, among: portNames.keys.sorted()) })
        return nil
    }
}
