import PlatformModel
import PureDrivers

extension PostgresDriver {
    package var canForesee: Bool { true }

    /// The role, its password and the database, each by its name on the server. What the driver would refuse is thrown as it would be:
    /// a database that holds data, a name that is another's, an administrator without rights.
    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        let inputs = try inputs(of: request)
        let names = PostgresNames(request)
        return try await AdministeredServer.with(inputs, for: request) { server throws(DriverError) in
            try await server.requireRights()
            let role = try await server.role(names.role), database = try await server.database(names.database)
            try names.requireOwn(role: role, database: database, on: inputs, request)
            switch action {
            // Whatever stands is gone by then.
            case .anew: return Self.making(names, role: nil, database: nil)
            case .destroy: return try await unmaking(names, role, database, inputs, request)
            case .provision: break
            }
            var effects = Self.making(names, role: role, database: database)
            guard let role else { return effects }
            let kept = try await keptPassword(inputs, request, context)
            let isOther = kept.isNew ? true : await server.canSignIn(names, password: kept.password) == false
            if isOther || !role.maySignIn { effects.add(.init("password of role \(names.role)", .update)) }
            if !role.excess.isEmpty { effects.add(.init("rights of role \(names.role)", .update)) }
            return effects
        }
    }

    private static func making(_ names: PostgresNames, role: ServerRole?, database: ServerDatabase?) -> PlannedEffects {
        var effects = PlannedEffects()
        if role == nil { effects.add(.init("role \(names.role)", .create)) }
        guard let database else {
            effects.add(.init("database \(names.database)", .create))
            return effects
        }
        if database.owner != names.role || database.mark == nil || database.isPublic || !database.isOpen {
            effects.add(.init("database \(names.database)", .update))
        }
        return effects
    }

    private func unmaking(
        _ names: PostgresNames, _ role: ServerRole?, _ database: ServerDatabase?, _ inputs: PostgresInputs,
        _ request: DriverRequest
    ) async throws(DriverError) -> PlannedEffects {
        var effects = PlannedEffects()
        if let database {
            let held = try await heldData(database, names, inputs, request)
            if let held, !inputs.dropsData, !request.mayLoseData { throw refusal(held, names, inputs, request) }
            effects.add(.init("database \(names.database)" + (held.map { ", with its data (\($0))" } ?? ""), .delete))
        }
        if role != nil { effects.add(.init("role \(names.role)", .delete)) }
        return effects
    }
}
