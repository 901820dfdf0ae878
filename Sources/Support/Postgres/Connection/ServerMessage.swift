import CPostgres

/// The parts of a server's error that may be shown. Detail, hint, context and query stay in the server: they quote data.
struct ServerMessage {
    let sqlstate: String
    let primary: String
    let constraint: String?
    let table: String?
    /// The server function that raised it: the only unmistakable sign of a changed plan.
    let routine: String?
    /// Where in the statement, counted in characters from 1.
    let position: Int?

    init(_ result: OpaquePointer) {
        func field(_ code: UnicodeScalar) -> String? {
            PQresultErrorField(result, Int32(code.value)).map { String(cString: $0) }
        }
        sqlstate = field("C") ?? "XX000"
        primary = field("M") ?? "unknown error"
        constraint = field("n")
        table = field("t")
        routine = field("R")
        position = field("P").flatMap { Int($0) }
    }

    /// A cached plan that DDL made useless, or a prepared statement that somebody deallocated.
    var isStalePlan: Bool {
        (sqlstate == "0A000" && routine == "RevalidateCachedQuery") || sqlstate == "26000"
    }

    var error: PostgresError {
        var message = primary
        // Data exceptions quote the value, syntax errors the statement.
        if sqlstate.hasPrefix("22") {
            message = "a value is not acceptable for its type or range"
        } else if sqlstate == "42601" {
            message = "syntax error in the statement"
        }
        if let table, !message.contains(table) { message += " (table \(table))" }
        return PostgresError(.server(sqlstate: sqlstate), message, constraint: constraint)
    }
}
