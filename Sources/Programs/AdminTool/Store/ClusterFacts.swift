import PlatformModel

/// What a PostgreSQL server lets our role do, and what is there already.
struct ClusterFacts: Hashable {
    var user: String
    var database: String
    var isSuperuser: Bool
    var makesRoles: Bool
    var makesDatabases: Bool
    var hasDatabase: Bool
    var ownsDatabase: Bool
    /// The role that adds log lines is there.
    var hasWriter: Bool
    /// `martlet_logs` may act as it, or our own role may let it.
    var writerIsGranted: Bool

    static let writer = "martlet_logs_writer"

    /// What somebody with more rights has to run first; nothing where our own rights are enough.
    var statementsForOthers: [String] {
        guard !isSuperuser else { return [] }
        var statements: [String] = []
        func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }
        if !makesRoles { statements.append("ALTER ROLE \(quoted(user)) CREATEROLE;") }
        // It bypasses row level security, and only a superuser makes such a role.
        if !hasWriter { statements.append("CREATE ROLE \(Self.writer) NOLOGIN BYPASSRLS NOINHERIT;") }
        if !writerIsGranted { statements.append("GRANT \(Self.writer) TO \(quoted(user)) WITH ADMIN OPTION;") }
        if !hasDatabase, !makesDatabases {
            statements.append("CREATE DATABASE \(quoted(database)) OWNER \(quoted(user)) TEMPLATE template0 ENCODING 'UTF8';")
        }
        if hasDatabase, !ownsDatabase { statements.append("ALTER DATABASE \(quoted(database)) OWNER TO \(quoted(user));") }
        return statements
    }
}
