import PlatformModel
import Postgres
import PureDrivers
import TestSupport
import Testing

@testable import Drivers

/// What a plan shows of databases before anything is made.
@Suite struct PostgresEffectsTests {
    private func words(
        _ action: ForeseenAction, _ resource: PostgresResource, _ change: (inout DriverRequest) -> Void = { _ in }
    ) async throws -> [String] {
        var request = resource.request, context = resource.shelf.context
        change(&request)
        let shelf = resource.shelf
        context.keepSecret = { name, make in shelf.secrets[name] ?? make() }
        let before = try await resource.state()
        let effects = try #require(try await PostgresDriver().effects(of: action, request, context))
        #expect(try await resource.state() == before && effects.isKnown)
        return effects.effects.map { "\($0.action.rawValue) \($0.object)" }
    }

    @Test func theLifeOfADatabaseIsForeseen() async throws {
        let resource = PostgresResource(try await SecondPostgres.shared()), name = resource.name
        #expect(try await words(.provision, resource) == ["create role \(name)", "create database \(name)"])
        #expect(try await words(.destroy, resource) == [])
        let made = try await resource.provision()
        #expect(try await words(.provision, resource) == [])
        #expect(try await words(.anew, resource) == ["create role \(name)", "create database \(name)"])
        #expect(
            try await words(.provision, resource) { $0.values["password_version"] = "2" } == ["update password of role \(name)"])
        let superuser = try await resource.second.superuser()
        try await superuser.execute("ALTER ROLE \(identifier: name) CREATEDB")
        try await superuser.execute("GRANT CONNECT ON DATABASE \(identifier: name) TO PUBLIC")
        #expect(try await words(.provision, resource) == ["update database \(name)", "update rights of role \(name)"])
        #expect(try await words(.destroy, resource) == ["delete database \(name)", "delete role \(name)"])
        // It holds data now: refused beforehand in the words in which it would be.
        let workload = try await resource.signIn(with: made)
        try await workload.execute("CREATE TABLE visits AS SELECT 1 AS n")
        await workload.close()
        do throws(DriverError) {
            _ = try await PostgresDriver().effects(of: .destroy, resource.request, resource.shelf.context)
            Issue.record("it was foreseen")
        } catch {
            #expect(error.code == "DRV-309" && error.message.contains("public.visits"), "\(error)")
        }
        let lost = ["delete database \(name), with its data (rows in public.visits)", "delete role \(name)"]
        #expect(try await words(.destroy, resource) { $0.mayLoseData = true } == lost)
        #expect(try await words(.destroy, resource) { $0.values["on_delete"] = "drop" } == lost)
        // Another's of its name.
        try await superuser.execute("COMMENT ON ROLE \(identifier: name) IS 'mine'")
        await superuser.close()
        do throws(DriverError) {
            _ = try await PostgresDriver().effects(of: .provision, resource.request, resource.shelf.context)
            Issue.record("it was foreseen")
        } catch {
            #expect(error.code == "DRV-303")
        }
    }
}
