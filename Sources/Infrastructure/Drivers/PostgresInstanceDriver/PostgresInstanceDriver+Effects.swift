import DeployTargets
import PlatformModel
import PureDrivers

extension PostgresInstanceDriver {
    package var canForesee: Bool { true }

    /// The server, its data and its password. A destruction that would be refused is thrown as it would be.
    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        let inputs = try inputs(of: request)
        let place = "server \(target.serverHost(request.guResID, in: request.environment))"
        guard action != .anew else { return PlannedEffects([.init(place, .create), .init("data of \(place)", .create)]) }
        let password = try await password(inputs, request, context)
        let standing = try await standing(server(request, inputs, password: password), request)
        var effects = PlannedEffects()
        guard action == .provision else {
            if standing.hasData, !inputs.dropsData, !request.mayLoseData {
                guard standing.isRunning else {
                    return .unknown(
                        "\(place) is stopped: whether it holds data, which it would not be removed with, is not known")
                }
                try await connection(request, password).refuseWhileDataIsHeld()
            }
            if standing.isMade { effects.add(.init(place, .delete)) }
            if standing.hasData { effects.add(.init("data of \(place)", .delete)) }
            return effects
        }
        if !standing.isMade { effects.add(.init(place, .create)) }
        if !standing.hasData { effects.add(.init("data of \(place)", .create)) }
        if standing.isMade, !standing.isCurrent || !standing.isRunning { effects.add(.init(place, .update)) }
        if standing.isRunning, await connection(request, password).refusal() == .password {
            effects.add(.init("password of \(place)", .update))
        }
        return effects
    }
}
