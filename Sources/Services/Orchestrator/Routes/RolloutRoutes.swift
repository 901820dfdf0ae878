import Postgres

/// Rollouts of changed definitions and profiles. Not in the published contract: ours.
enum RolloutRoutes {
    private static let base = "/orgs/{orgId}/rollouts"

    static func handlers(_ database: PostgresPool) -> [RouteHandler] {
        let desk = RolloutDesk()
        return [
            RouteHandler("GET", base) { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await RolloutStore.list(transaction).map { RolloutPicture($0, isWhole: false) }
                    })
            },
            RouteHandler("POST", base) { call in
                let request = try RolloutRequest.read(call)
                return try .created(
                    try await database.withOrg(call.orgID) { transaction in
                        RolloutPicture(try await desk.create(request, call, transaction), isWhole: true)
                    })
            },
            RouteHandler("GET", base + "/{rolloutId}") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        RolloutPicture(try await desk.require(call.parameter("rolloutId"), transaction), isWhole: true)
                    })
            },
            RouteHandler("POST", base + "/{rolloutId}/actions/resume") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        RolloutPicture(try await desk.resume(call, transaction), isWhole: true)
                    })
            },
            RouteHandler("POST", base + "/{rolloutId}/actions/cancel") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        RolloutPicture(try await desk.cancel(call, transaction), isWhole: true)
                    })
            },
        ]
    }
}
