import PlatformModel
import Postgres
import PureDrivers

struct ServerRole: Sendable {
    let mark: String?
    let maySignIn: Bool
    /// What a workload's role has no use for and was given by hand: `SUPERUSER`, `CREATEROLE`.
    let excess: [String]
}

struct ServerDatabase: Sendable {
    let mark: String?
    let owner: String
    /// Everybody may still connect.
    let isPublic: Bool
    /// Somebody may: not before it is made as a whole.
    let isOpen: Bool
}

/// The organisation's server, through one short-lived connection of its administrator: every statement of the driver.
struct AdministeredServer: Sendable {
    /// Oldest server with DROP DATABASE ... WITH (FORCE).
    private static let oldestVersion = 130_000

    private let connection: PostgresConnection
    private let inputs: PostgresInputs
    private let identity: ResourceIdentity

    static func with<Result: Sendable>(
        _ inputs: PostgresInputs, for request: DriverRequest,
        _ body: (AdministeredServer) async throws(DriverError) -> Result
    ) async throws(DriverError) -> Result {
        let connection: PostgresConnection
        do { connection = try await PostgresConnection.connect(inputs.configuration()) } catch {
            throw connectError(error, inputs, request)
        }
        let server = AdministeredServer(connection: connection, inputs: inputs, identity: request.identity)
        do throws(DriverError) {
            let result = try await body(server)
            await connection.close()
            return result
        } catch {
            await connection.close()
            throw error
        }
    }

    // MARK: Reading

    /// The administrator may do what is needed, and the server is new enough.
    func requireRights() async throws(DriverError) {
        let rows = try await read(
            """
            SELECT rolsuper OR (rolcreatedb AND rolcreaterole) AS may, current_setting('server_version_num')::int AS version
            FROM pg_roles WHERE rolname = current_user
            """)
        let (may, version) =
            try first(rows) { row throws(PostgresError) in (try row.bool("may"), try row.int("version")) } ?? (false, 0)
        guard version >= Self.oldestVersion else {
            throw refusal("DRV-304", "the server \(place) is PostgreSQL \(version / 10_000); version 13 or newer is needed")
        }
        guard may else {
            throw refusal(
                "DRV-304",
                "the role '\(inputs.user)' on \(place) may not create databases and roles: ALTER ROLE ... CREATEDB CREATEROLE")
        }
    }

    /// Others who work on the same resource wait until this connection ends.
    func lock(_ guResID: String) async throws(DriverError) {
        _ = try await read("SELECT pg_advisory_lock(hashtextextended(\("martlet:" + guResID), 0))")
    }

    func role(_ name: String) async throws(DriverError) -> ServerRole? {
        let rows = try await read(
            """
            SELECT shobj_description(oid, 'pg_authid') AS mark, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication,
                rolbypassrls
            FROM pg_roles WHERE rolname = \(name)
            """)
        return try first(rows) { row throws(PostgresError) in
            let rights = [
                ("rolsuper", "SUPERUSER"), ("rolcreaterole", "CREATEROLE"), ("rolcreatedb", "CREATEDB"),
                ("rolreplication", "REPLICATION"), ("rolbypassrls", "BYPASSRLS"),
            ]
            var excess: [String] = []
            for (column, right) in rights where try row.bool(column) { excess.append(right) }
            return ServerRole(
                mark: try row.optionalString("mark"), maySignIn: try row.bool("rolcanlogin"), excess: excess)
        }
    }

    func database(_ name: String) async throws(DriverError) -> ServerDatabase? {
        let rows = try await read(
            """
            SELECT shobj_description(oid, 'pg_database') AS mark, pg_get_userbyid(datdba) AS owner, datallowconn AS is_open,
                EXISTS (
                    SELECT FROM aclexplode(coalesce(datacl, acldefault('d', datdba))) WHERE grantee = 0 AND privilege_type = 'CONNECT'
                ) AS is_public
            FROM pg_database WHERE datname = \(name)
            """)
        return try first(rows) { row throws(PostgresError) in
            ServerDatabase(
                mark: try row.optionalString("mark"), owner: try row.string("owner"), isPublic: try row.bool("is_public"),
                isOpen: try row.bool("is_open"))
        }
    }

    /// Whether the role signs in to its database with this password; nil where something else stands in the way, such as a server that
    /// lets roles in from other machines only.
    func canSignIn(_ names: PostgresNames, password: String) async -> Bool? {
        let configuration = inputs.configuration(user: names.role, password: password, database: names.database)
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(configuration)
            await connection.close()
            return true
        } catch {
            return error.message.contains("authentication failed") ? false : nil
        }
    }

    // MARK: Effects

    /// The role, its password and its mark in one transaction.
    func createRole(_ name: String, password: String, mark: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            let verifier = try await connection.scramVerifier(password: password, user: name)
            try await connection.transaction([
                "CREATE ROLE \(identifier: name) LOGIN PASSWORD \(literal: verifier)",
                "COMMENT ON ROLE \(identifier: name) IS \(literal: mark)",
                // Only a member may give a database to the role, or drop it afterwards.
                "GRANT \(identifier: name) TO CURRENT_USER",
            ])
        }
    }

    func setPassword(_ role: String, _ password: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            let verifier = try await connection.scramVerifier(password: password, user: role)
            try await connection.execute(
                "ALTER ROLE \(identifier: role) LOGIN PASSWORD \(literal: verifier) VALID UNTIL 'infinity'")
        }
    }

    /// Takes rights away that somebody gave the role.
    func restrict(_ role: String, from rights: [String]) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            for right in AdministeredServer.rights where rights.contains(right.name) {
                try await connection.execute("ALTER ROLE \(identifier: role) " + right.revocation)
            }
        }
    }

    /// Literal, each: a right is no identifier.
    private static let rights: [(name: String, revocation: SQL)] = [
        ("SUPERUSER", "NOSUPERUSER"), ("CREATEROLE", "NOCREATEROLE"), ("CREATEDB", "NOCREATEDB"),
        ("REPLICATION", "NOREPLICATION"), ("BYPASSRLS", "NOBYPASSRLS"),
    ]

    func setOwner(_ database: String, _ owner: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            try await connection.transaction([
                "GRANT \(identifier: owner) TO CURRENT_USER",
                "ALTER DATABASE \(identifier: database) OWNER TO \(identifier: owner)",
            ])
        }
    }

    /// Closed until `closeAndMark`: nobody else comes in between and leaves something there.
    func createDatabase(_ name: String, owner: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            try await connection.execute(
                """
                CREATE DATABASE \(identifier: name) OWNER \(identifier: owner) TEMPLATE template0 ENCODING 'UTF8'
                ALLOW_CONNECTIONS false
                """)
        }
    }

    /// To all but its owner; who may connect may do so from then on.
    func closeAndMark(_ database: String, mark: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            try await connection.transaction([
                "REVOKE ALL ON DATABASE \(identifier: database) FROM PUBLIC",
                "COMMENT ON DATABASE \(identifier: database) IS \(literal: mark)",
                "ALTER DATABASE \(identifier: database) ALLOW_CONNECTIONS true",
            ])
        }
    }

    /// Ends the database's sessions too.
    func dropDatabase(_ name: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            try await connection.execute("DROP DATABASE IF EXISTS \(identifier: name) WITH (FORCE)")
        }
    }

    func dropRole(_ name: String) async throws(DriverError) {
        try await effect { () throws(PostgresError) in
            try await connection.execute("DROP ROLE IF EXISTS \(identifier: name)")
        }
    }

    // MARK: Errors

    private var place: String { "\(inputs.host):\(inputs.port)" }

    private func refusal(_ code: String, _ message: String) -> DriverError {
        DriverError(code: code, message: "\(identity): \(message)", kind: .refused)
    }

    private func read(_ sql: SQL) async throws(DriverError) -> [Row] {
        do { return try await connection.query(sql) } catch { throw failure(error, hasEffect: false) }
    }

    private func effect(_ body: () async throws(PostgresError) -> Void) async throws(DriverError) {
        do { try await body() } catch { throw failure(error, hasEffect: true) }
    }

    private func first<Value>(
        _ rows: [Row], _ convert: (Row) throws(PostgresError) -> Value
    ) throws(DriverError) -> Value? {
        guard let row = rows.first else { return nil }
        do { return try convert(row) } catch { throw failure(error, hasEffect: false) }
    }

    private func failure(_ error: PostgresError, hasEffect: Bool) -> DriverError {
        let message = "\(identity) on \(place): \(error)"
        switch error.kind {
        case .connection, .timeout, .cancelled:
            // Whether a statement that changes something arrived is for `find` to say.
            return DriverError(code: "DRV-305", message: message, kind: hasEffect ? .unknown : .transient)
        case .server("42501"):
            return refusal("DRV-304", "'\(inputs.user)' on \(place) may not do this: \(error)")
        case .server("2BP01"):
            return refusal(
                "DRV-308",
                "the role owns or was granted things in other databases of \(place); drop them there (DROP OWNED BY) and try again"
            )
        case .server, .decoding, .poolExhausted:
            return DriverError(code: "DRV-305", message: message, kind: error.isTransient ? .transient : .failed)
        }
    }

    private static func connectError(_ error: PostgresError, _ inputs: PostgresInputs, _ request: DriverRequest) -> DriverError {
        // libpq 15 gives no SQLSTATE for a refused sign-in, only the server's words.
        let refusals = ["authentication failed", "no pg_hba.conf entry", "does not exist", "SSL", "certificate"]
        let isRefused = refusals.contains { error.message.contains($0) }
        return DriverError(
            code: "DRV-302",
            message: "\(request.identity): no connection to \(inputs.host):\(inputs.port) as '\(inputs.user)': \(error.message); "
                + "check driver_inputs of the definition and the server",
            kind: isRefused ? .invalidInput : .transient)
    }
}
