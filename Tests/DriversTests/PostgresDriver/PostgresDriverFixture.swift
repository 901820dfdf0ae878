import PlatformModel
import Postgres
import PureDrivers
import Synchronization
import TestSupport

@testable import Drivers

/// The broker's shelf of one resource, in memory.
final class SecretShelf: Sendable {
    struct Closed: Error {}

    private let kept = Mutex<[String: String]>([:])
    private let isOpen: Bool

    init(isOpen: Bool = true) { self.isOpen = isOpen }

    var secrets: [String: String] { kept.withLock { $0 } }
    func clear() { kept.withLock { $0 = [:] } }

    var context: DriverContext {
        DriverContext(
            keepSecret: { name, make in
                guard self.isOpen else { throw Closed() }
                return self.kept.withLock { kept in
                    let value = kept[name] ?? make()
                    kept[name] = value
                    return value
                }
            },
            keepCookie: { _ in }, progress: { _ in }, log: { _ in }, now: { Timestamp(milliseconds: 0) },
            randomBytes: { count in (0..<count).map { _ in UInt8.random(in: .min ... .max) } })
    }
}

/// One resource of an organisation on the second server, named anew in each test.
struct PostgresResource: Sendable {
    let second: SecondPostgres
    let shelf = SecretShelf()
    var request: DriverRequest

    init(_ second: SecondPostgres, org: String = "acme", app: String = "shop") {
        self.second = second
        let digits = (0..<40).map { _ in String(Int.random(in: 0..<16), radix: 16) }.joined()
        request = DriverRequest(
            key: "deploy-1/postgres.default/provision/1",
            environment: EnvironmentContext(orgID: org, appID: app, envID: "development", envType: "development"),
            identity: ResourceIdentity(type: "postgres", id: "modules.web.externals.db"), guResID: digits,
            values: ["host": .string(second.host), "port": .int(Int64(second.port)), "user": .string(second.administrator)],
            secrets: ["password": .string(second.password)])
    }

    var name: String { PostgresNames.name(for: request) }

    func provision() async throws(DriverError) -> DriverResult { try await PostgresDriver().provision(request, shelf.context) }
    func destroy() async throws(DriverError) { try await PostgresDriver().destroy(request, shelf.context) }
    func find() async throws(DriverError) -> Finding { try await PostgresDriver().find(request, shelf.context) }

    /// Signs in with the outputs, as a workload does.
    func signIn(with result: DriverResult, database: String? = nil) async throws(PostgresError) -> PostgresConnection {
        try await PostgresConnection.connect(
            second.configuration(
                user: result.values["username"]?.string ?? "", password: result.secrets["password"]?.string ?? "",
                database: database ?? result.values["database"]?.string ?? ""))
    }

    /// What somebody does to it by hand, and what a plan calls that.
    var meddlings: [DriverFixture.Meddling] {
        func by(_ name: String, _ statements: [String], _ paths: [String]?, isRepaired: Bool = true) -> DriverFixture.Meddling {
            DriverFixture.Meddling(
                name: name,
                meddle: {
                    let superuser = try await second.superuser()
                    for statement in statements { try await superuser.execute(SQL(stringLiteral: statement)) }
                    await superuser.close()
                }, paths: paths, isRepaired: isRepaired)
        }
        let role = "role \(name)", database = "database \(name)"
        return [
            by("no login", ["ALTER ROLE \(name) NOLOGIN"], ["\(role)/login"]),
            by("another password", ["ALTER ROLE \(name) PASSWORD 'other'"], ["\(role)/password"]),
            by("a password that has ended", ["ALTER ROLE \(name) VALID UNTIL '2000-01-01'"], ["\(role)/password"]),
            by("more rights", ["ALTER ROLE \(name) CREATEDB CREATEROLE"], ["\(role)/createrole", "\(role)/createdb"]),
            by("an open door", ["GRANT CONNECT ON DATABASE \(name) TO PUBLIC"], ["\(database)/open to everybody"]),
            by("a closed door", ["ALTER DATABASE \(name) ALLOW_CONNECTIONS false"], ["\(database)/open"]),
            by("another owner", ["ALTER DATABASE \(name) OWNER TO \(second.administrator)"], ["\(database)/owner"]),
            by("no comment", ["COMMENT ON DATABASE \(name) IS NULL"], ["\(database)/comment"]),
            by("no database", ["DROP DATABASE \(name)"], [database]),
            by(
                "no role", ["ALTER DATABASE \(name) OWNER TO \(second.administrator)", "DROP ROLE \(name)"],
                [role, "\(database)/owner"]),
            by("neither", ["DROP DATABASE \(name)", "DROP ROLE \(name)"], nil),
            by("a comment of another", ["COMMENT ON ROLE \(name) IS 'mine'"], ["\(role)/comment"], isRepaired: false),
        ]
    }

    /// What the server has of this name: database, role, their marks, the password's verifier.
    func state() async throws -> [String] {
        let superuser = try await second.superuser()
        let rows = try await superuser.query(
            """
            SELECT 'role ' || oid || ' ' || coalesce(shobj_description(oid, 'pg_authid'), '-') || ' ' || coalesce(rolpassword, '-') AS line
            FROM pg_authid WHERE rolname = \(name)
            UNION ALL
            SELECT 'database ' || oid || ' ' || coalesce(shobj_description(oid, 'pg_database'), '-') || ' ' || coalesce(datacl::text, '-')
            FROM pg_database WHERE datname = \(name) ORDER BY 1
            """)
        await superuser.close()
        return try rows.map { try $0.string("line") }
    }
}
