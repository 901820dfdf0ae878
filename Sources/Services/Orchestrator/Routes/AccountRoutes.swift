import PlatformModel
import Postgres
import ServiceRuntime

/// Accounts that drivers work with, and their types. All the contract's.
enum AccountRoutes {
    private static let base = "/orgs/{orgId}/resources/accounts", one = base + "/{accId}"

    static func handlers(_ desk: AccountDesk) -> [RouteHandler] {
        [
            RouteHandler("GET", "/orgs/{orgId}/resources/account-types") { _ in try .ok(AccountType.builtIn) },
            RouteHandler("GET", base) { call in
                try .ok(try await desk.database.withOrg(call.orgID, AccountStore.list).map(\.account))
            },
            RouteHandler("POST", base) { call in
                let request = try call.decode(AccountRequest.self)
                if call.flag("dry_run") { RouteAnswer.willBe(204) }
                let made = try await desk.create(request, newID: call.newID(digits: 32), call)
                return try made.map(RouteAnswer.ok) ?? .noContent
            },
            RouteHandler("GET", one) { call in
                try tagged(
                    try await desk.database.withOrg(call.orgID) { try await AccountDesk.require(call.parameter("accId"), $0) })
            },
            RouteHandler("PATCH", one) { call in
                if call.flag("dry_run") { RouteAnswer.willBe(204) }
                let changed = try await desk.change(try call.decode(AccountRequest.self), call.parameter("accId"), call)
                return try changed.map(tagged) ?? .noContent
            },
            RouteHandler("DELETE", one) { call in
                try await desk.delete(call.parameter("accId"), call)
                return .noContent
            },
            RouteHandler("POST", one + "/actions/check") { call in
                try .ok(try await desk.check(call.parameter("accId"), call.orgID))
            },
        ]
    }

    private static func tagged(_ record: AccountStore.Record) throws -> RouteAnswer {
        var answer = try RouteAnswer.ok(record.account)
        answer.tag = record.tag
        return answer
    }
}
