import Glibc
import PlatformModel
import Postgres
import ServiceRuntime

/// The database of `admin.yaml`, and the server that it is on.
struct AdminDatabase: Sendable {
    let dsn: String
    private let parts: [String: String]

    init(dsn: String) throws {
        self.dsn = dsn
        parts = try PostgresConfiguration.parse(dsn)
    }

    /// libpq's own default is the user's name, which for root is no role.
    var user: String { parts["user"] ?? "postgres" }
    var name: String { parts["dbname"] ?? user }
    /// What a database is called while it is restored.
    static func restoring(_ name: String) -> String { name + "_restoring" }

    /// By Unix sockets alone: the server's own files are on this machine, then, or in a container of it.
    var isLocal: Bool {
        parts["hostaddr"] == nil && (parts["host"] ?? "").split(separator: ",").allSatisfy { $0.hasPrefix("/") }
    }

    /// What PostgreSQL's own programs read from their environment, so that nothing of it is in a list of processes.
    var environment: [String: String] {
        let names = [
            "host": "PGHOST", "hostaddr": "PGHOSTADDR", "port": "PGPORT", "dbname": "PGDATABASE", "user": "PGUSER",
            "password": "PGPASSWORD", "passfile": "PGPASSFILE", "sslmode": "PGSSLMODE", "sslcert": "PGSSLCERT",
            "sslkey": "PGSSLKEY",
            "sslrootcert": "PGSSLROOTCERT", "target_session_attrs": "PGTARGETSESSIONATTRS", "service": "PGSERVICE",
        ]
        var environment = ["PGDATABASE": name, "PGUSER": user, "PGGSSENCMODE": "disable"]
        for (keyword, variable) in names { environment[variable] = parts[keyword] ?? environment[variable] }
        return environment
    }

    /// Another database of the same server.
    func configuration(database: String? = nil) -> PostgresConfiguration {
        var parts = parts
        parts["dbname"] = database ?? name
        parts["user"] = user
        let text = parts.sorted { $0.key < $1.key }.map { key, value in
            "\(key)='\(value.replacing("\\", with: "\\\\").replacing("'", with: "\\'"))'"
        }
        return PostgresConfiguration(dsn: text.joined(separator: " "), applicationName: "martlet-admin")
    }

    func connect() async throws(PostgresError) -> PostgresConnection { try await PostgresConnection.connect(configuration()) }

    /// To the server's own database. As long as the server does not know root, as the Unix user that it knows: the socket tells it the
    /// user at the moment of connecting.
    func connectToServer() async throws(PostgresError) -> PostgresConnection {
        let server = configuration(database: "postgres")
        guard isLocal, geteuid() == 0, user != "root", let uid = UnixAccount.uid(of: user), uid != 0 else {
            return try await PostgresConnection.connect(server)
        }
        do {
            guard seteuid(uid) == 0 else { throw PostgresError(.connection, "cannot become the user \(user)") }
            defer { seteuid(0) }
            return try await PostgresConnection.connect(server)
        } catch {
            return try await PostgresConnection.connect(server)
        }
    }
}
