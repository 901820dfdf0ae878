import PlatformModel
import PureDrivers
import RouteProxy

/// `martlet/route`: a host and path of the reverse proxy that lead to a workload's service port.
///
/// Params: `host`, `path` (default `/`), `port` (the service's), `service` (a workload; default the one that owns the
/// resource). Values of the definition: `host` (where the params name none), `url_scheme` (default `http`) and `url_port`,
/// for the address that people see when something stands before the proxy. Outputs: `host`, `path`, `port`, `service`, `url`.
package struct RouteDriver: Driver {
    package let name = "route"
    package let canFind = true
    let proxy: RouteProxy

    package init(proxy: RouteProxy) { self.proxy = proxy }

    package func check(_ request: DriverRequest) -> [Problem] { RouteInputs.read(request).problems }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let inputs = try inputs(of: request)
        do {
            try await proxy.setRoute(inputs.route)
        } catch {
            throw Self.driverError(error, request)
        }
        context.progress("\(inputs.url) leads to \(inputs.route.service.workload):\(inputs.route.service.port)")
        return inputs.result
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        do { try await proxy.removeRoute(id: request.guResID) } catch { throw Self.driverError(error, request) }
    }

    /// Present only when the proxy has this very route: one that an older request made is to be provisioned again.
    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        let inputs = try inputs(of: request)
        do {
            let kept = try await proxy.route(id: request.guResID)
            return try kept == inputs.route.normalized() ? .present(inputs.result) : .absent
        } catch {
            throw Self.driverError(error, request)
        }
    }

    /// Nothing is lost that `provision` does not make again.
    package func holdsData(_ request: DriverRequest) -> Bool { false }

    /// What the proxy has on record, and what the running HAProxy does: its map may have been changed by hand.
    package func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        let inputs = try inputs(of: request)
        do {
            guard let kept = try await proxy.route(id: request.guResID) else { return .create }
            var changes = Self.shown(kept, as: inputs.url).changes(
                from: Self.shown(try inputs.route.normalized(), as: inputs.url))
            if let running = try await proxy.running(id: request.guResID), running.actual != running.wanted {
                changes.append(
                    FieldChange(
                        "HAProxy's map \(running.place)", actual: running.actual.map(JSON.string),
                        wanted: running.wanted.map(JSON.string)))
            }
            return changes.isEmpty ? .none : .update(changes)
        } catch {
            throw Self.driverError(error, request)
        }
    }

    private static func shown(_ route: Route, as url: String) -> DriverResult { RouteInputs(route: route, url: url).result }

    func inputs(of request: DriverRequest) throws(DriverError) -> RouteInputs {
        let (inputs, problems) = RouteInputs.read(request)
        guard let inputs else { throw DriverError(code: "DRV-401", problems: problems) }
        return inputs
    }

    static func driverError(_ error: RouteProxyError, _ request: DriverRequest) -> DriverError {
        let message = "\(request.identity): \(error.message) (\(error.code))"
        return switch error.kind {
        case .invalid: DriverError(code: "DRV-401", message: message, kind: .invalidInput)
        case .taken: DriverError(code: "DRV-402", message: message, kind: .refused)
        case .unavailable: DriverError(code: "DRV-403", message: message, kind: .transient)
        case .failed: DriverError(code: "DRV-404", message: message, kind: .failed)
        }
    }
}
