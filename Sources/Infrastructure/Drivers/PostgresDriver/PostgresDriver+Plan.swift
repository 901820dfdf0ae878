import PlatformModel
import PureDrivers

extension PostgresDriver {
    /// Each part by itself: the role with its mark, its rights and its password, the database with its mark, its owner and its door.
    ///
    /// A part whose mark is another's is told as a change, too; `provision` refuses to touch it (`DRV-303`).
    package func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        let inputs = try inputs(of: request)
        let names = PostgresNames(request)
        return try await AdministeredServer.with(inputs, for: request) { server throws(DriverError) in
            let role = try await server.role(names.role), database = try await server.database(names.database)
            if role == nil, database == nil { return .create }
            var changes = Self.changes(of: role, names) + Self.changes(of: database, names)
            let kept = try await keptPassword(inputs, request, context)
            if role?.maySignIn == true, let database, database.owner == names.role, database.isOpen {
                let fits = kept.isNew ? false : await server.canSignIn(names, password: kept.password)
                if fits == false {
                    changes.append(FieldChange("role \(names.role)/password", actual: nil, wanted: nil, isSecret: true))
                }
            }
            // What is in the broker's hands was told above, by trying it.
            if let last = request.last {
                changes += context.typed(result(inputs, names, password: kept.password)).changes(from: last).filter {
                    !$0.isSecret
                }
            }
            return changes.isEmpty ? .none : .update(changes)
        }
    }

    private static func changes(of role: ServerRole?, _ names: PostgresNames) -> [FieldChange] {
        let place = "role \(names.role)"
        guard let role else { return [FieldChange(place, actual: nil, wanted: "stands")] }
        var changes = comment(role.mark, place, names)
        if !role.maySignIn { changes.append(FieldChange("\(place)/login", actual: false, wanted: true)) }
        return changes + role.excess.map { FieldChange("\(place)/\($0.lowercased())", actual: true, wanted: false) }
    }

    private static func changes(of database: ServerDatabase?, _ names: PostgresNames) -> [FieldChange] {
        let place = "database \(names.database)"
        guard let database else { return [FieldChange(place, actual: nil, wanted: "stands")] }
        var changes = comment(database.mark, place, names)
        if database.owner != names.role {
            changes.append(FieldChange("\(place)/owner", actual: .string(database.owner), wanted: .string(names.role)))
        }
        if !database.isOpen { changes.append(FieldChange("\(place)/open", actual: false, wanted: true)) }
        if database.isPublic { changes.append(FieldChange("\(place)/open to everybody", actual: true, wanted: false)) }
        return changes
    }

    private static func comment(_ mark: String?, _ place: String, _ names: PostgresNames) -> [FieldChange] {
        if names.isOwn(mark) { return [] }
        return [FieldChange("\(place)/comment", actual: mark.map(JSON.string), wanted: .string(names.markPrefix + "..."))]
    }
}
