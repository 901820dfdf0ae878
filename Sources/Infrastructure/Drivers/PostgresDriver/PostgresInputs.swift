import PlatformModel
import Postgres
import PureDrivers

/// The inputs of a `postgres`, read strictly.
struct PostgresInputs: Sendable, Hashable {
    var host: String
    var port: Int
    var user: String
    var password: String
    var maintenanceDatabase: String
    var sslMode: String
    var outputsHost: String
    var outputsPort: Int
    /// Another text makes another password; nil is the first one.
    var passwordVersion: String?
    /// The GUResID of a `postgres-instance` of the same environment: reached by its socket, whatever its host is called.
    var instance: String?
    /// Whether a database is dropped with all that is in it.
    var dropsData: Bool

    /// What may be said of a database's end.
    static let deletions = ["refuse", "drop"]
    static let sslModes = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"]

    /// What the owner of a database sets for everybody who comes there must not hold for the administrator: names would be looked up in
    /// schemas of the owner's, whose functions would run with the administrator's rights (CVE-2018-1058). Rows that a policy hides are an
    /// error instead of none.
    private static let settings = "-c search_path=pg_catalog,pg_temp -c row_security=off"

    /// A connection as the administrator, or as another role to another database.
    func configuration(user: String? = nil, password: String? = nil, database: String? = nil) -> PostgresConfiguration {
        func quoted(_ value: String) -> String {
            var out = "'"
            for character in value.unicodeScalars {
                if character == "'" || character == "\\" { out += "\\" }
                out.unicodeScalars.append(character)
            }
            return out + "'"
        }
        let dsn =
            "host=\(quoted(host)) port=\(port) dbname=\(quoted(database ?? maintenanceDatabase)) user=\(quoted(user ?? self.user)) "
            + "sslmode=\(sslMode) options='\(Self.settings)'"
        var configuration = PostgresConfiguration(
            dsn: dsn, password: password ?? self.password, applicationName: "martlet-runner")
        configuration.statementTimeout = .seconds(60)
        return configuration
    }

    /// The inputs, or everything that is wrong with them.
    static func read(_ request: DriverRequest) -> (inputs: PostgresInputs?, problems: [Problem]) {
        var reader = DriverInputReader(code: "DRV-301")
        reader.known([], in: request.params, at: "params")
        reader.known(
            [
                "host", "port", "user", "name", "sslmode", "outputs_host", "outputs_port", "password_version", "on_delete",
                "instance",
            ], in: request.values,
            at: "driver_inputs.values")
        reader.known(["password"], in: request.secrets, at: "driver_inputs.secret_refs")
        let values = request.values
        let host = reader.text(values["host"], at: "driver_inputs.values.host")
        let port = reader.port(values["port"], at: "driver_inputs.values.port") ?? 5432
        let user = reader.text(values["user"], at: "driver_inputs.values.user")
        let database = reader.text(values["name"], at: "driver_inputs.values.name") ?? "postgres"
        let mode = reader.text(values["sslmode"], at: "driver_inputs.values.sslmode") ?? "prefer"
        let outputsHost = reader.text(values["outputs_host"], at: "driver_inputs.values.outputs_host")
        let outputsPort = reader.port(values["outputs_port"], at: "driver_inputs.values.outputs_port")
        let instance = reader.text(values["instance"], at: "driver_inputs.values.instance")
        let version = reader.version(values["password_version"], at: "driver_inputs.values.password_version")
        let deletion = reader.text(values["on_delete"], at: "driver_inputs.values.on_delete") ?? deletions[0]
        if !deletions.contains(deletion) {
            reader.add(
                "driver_inputs.values.on_delete", "'\(deletion.prefix(20))' is neither \(deletions.joined(separator: " nor "))",
                nearestName(to: deletion, among: deletions))
        }
        let password = reader.text(request.secrets["password"], at: "driver_inputs.secret_refs.password")
        reader.needed(host, "host of the server", values["host"], at: "driver_inputs.values.host")
        reader.needed(user, "role that may create databases and roles", values["user"], at: "driver_inputs.values.user")
        reader.needed(password, "password of that role", request.secrets["password"], at: "driver_inputs.secret_refs.password")
        // A path is a socket of the runner's own machine, where a definition has no business; a comma makes a list.
        if let host, host.contains("/") || host.contains("@") || host.contains(",") {
            reader.add("driver_inputs.values.host", "one host name or address is needed")
        }
        if !sslModes.contains(mode) {
            reader.add(
                "driver_inputs.values.sslmode", "'\(mode.prefix(20))' is not one of \(sslModes.joined(separator: ", "))",
                nearestName(to: mode, among: sslModes))
        }
        guard reader.problems.isEmpty, let host, let user, let password else { return (nil, reader.problems) }
        return (
            PostgresInputs(
                host: host, port: port, user: user, password: password, maintenanceDatabase: database, sslMode: mode,
                outputsHost: outputsHost ?? host, outputsPort: outputsPort ?? port,
                passwordVersion: version, instance: instance, dropsData: deletion == "drop"), []
        )
    }
}

extension DriverInputReader {
    fileprivate mutating func needed(_ value: String?, _ what: String, _ given: JSON?, at path: String) {
        if value == nil, given ?? .null == .null { add(path, "missing; give the \(what)") }
    }

    /// Of a password: part of a name in the broker.
    mutating func version(_ value: JSON?, at path: String) -> String? {
        guard let value, !value.isNull else { return nil }
        let text = value.string ?? value.int.map(String.init) ?? ""
        if (1...40).contains(text.utf8.count),
            text.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-".utf8.contains($0) })
        {
            return text
        }
        add(path, "1 to 40 letters, digits and hyphens are needed, such as 2 or 2026-11")
        return nil
    }

    /// A NUL would end the text early on its way through libpq.
    fileprivate mutating func text(_ value: JSON?, at path: String) -> String? {
        guard let value, !value.isNull else { return nil }
        if let text = value.string, !text.isEmpty, !text.utf8.contains(0) { return text }
        add(path, value.kind == "string" ? "empty, or with a NUL character" : "a string is needed, not \(value.kind)")
        return nil
    }
}
