import PlatformModel
import PureDrivers
import RouteProxy

extension RouteDriver {
    package var canForesee: Bool { true }

    /// The one route, by the address that people see.
    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        let inputs = try inputs(of: request), route = "route \(inputs.url)"
        if action == .anew { return PlannedEffects([.init(route, .create)]) }
        do {
            let kept = try await proxy.route(id: request.guResID)
            switch (action, kept) {
            case (.destroy, nil): return PlannedEffects()
            case (.destroy, _?): return PlannedEffects([.init(route, .delete)])
            case (_, nil): return PlannedEffects([.init(route, .create)])
            case (_, let kept?):
                let running = try await proxy.running(id: request.guResID)
                let isSame = try kept == inputs.route.normalized() && running?.actual == running?.wanted
                return PlannedEffects(isSame ? [] : [.init(route, .update)])
            }
        } catch {
            throw Self.driverError(error, request)
        }
    }
}
