import PlatformModel
import PureDrivers
import RouteProxy

/// The inputs of a `route`, read strictly.
struct RouteInputs: Sendable, Hashable {
    var route: Route
    var url: String

    var result: DriverResult {
        DriverResult(values: [
            "host": .string(route.host), "path": .string(route.path), "port": .int(Int64(route.service.port)),
            "service": .string(route.service.workload), "url": .string(url),
        ])
    }

    /// The inputs, or everything that is wrong with them.
    static func read(_ request: DriverRequest) -> (inputs: RouteInputs?, problems: [Problem]) {
        var reader = DriverInputReader(code: "DRV-401")
        reader.known(["host", "path", "port", "service"], in: request.params, at: "params")
        reader.known(["host", "url_scheme", "url_port"], in: request.values, at: "driver_inputs.values")
        let host =
            reader.text(request.params["host"], at: "params.host")
            ?? reader.text(request.values["host"], at: "driver_inputs.values.host")
        let path = reader.text(request.params["path"], at: "params.path") ?? "/"
        let port = reader.port(request.params["port"], at: "params.port")
        let service = reader.text(request.params["service"], at: "params.service") ?? workload(of: request.identity.id)
        let scheme = reader.text(request.values["url_scheme"], at: "driver_inputs.values.url_scheme") ?? "http"
        let urlPort = reader.port(request.values["url_port"], at: "driver_inputs.values.url_port")
        if host == nil {
            reader.add(
                "params.host", "missing; name the host, such as ${resources.dns.host}, or give the definition a value 'host'")
        }
        if port == nil, request.params["port"] ?? .null == .null {
            reader.add("params.port", "missing; name a port of the workload's service")
        }
        if service == nil { reader.add("params.service", "missing; a shared route names the workload that it leads to") }
        if scheme != "http", scheme != "https" {
            reader.add(
                "driver_inputs.values.url_scheme", "'\(scheme.prefix(20))' is not http or https",
                nearestName(to: scheme, among: ["http", "https"]))
        }
        guard reader.problems.isEmpty, let host, let port, let service else { return (nil, reader.problems) }
        let route = Route(
            id: request.guResID, host: host, path: path,
            service: ServiceKey(environment: request.environment, workload: service, port: port))
        do throws(RouteProxyError) {
            let route = try route.normalized()
            let shown = urlPort.flatMap { $0 == (scheme == "https" ? 443 : 80) ? nil : ":\($0)" } ?? ""
            return (RouteInputs(route: route, url: "\(scheme)://\(route.host)\(shown)\(route.path)"), [])
        } catch {
            reader.add("params", error.message)
            return (nil, reader.problems)
        }
    }

    /// `modules.<workload>.externals.<name>` -> the workload.
    private static func workload(of id: String) -> String? {
        let parts = id.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count >= 2 && parts[0] == "modules" && !parts[1].isEmpty ? String(parts[1]) : nil
    }
}

extension DriverInputReader {
    fileprivate mutating func text(_ value: JSON?, at path: String) -> String? {
        guard let value, !value.isNull else { return nil }
        if let text = value.string, !text.isEmpty { return text }
        add(path, value.kind == "string" ? "empty" : "a string is needed, not \(value.kind)")
        return nil
    }
}
