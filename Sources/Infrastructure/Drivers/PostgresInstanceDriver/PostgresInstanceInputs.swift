import PlatformModel
import PureDrivers

/// The inputs of a `postgres-instance`, read strictly.
struct PostgresInstanceInputs: Sendable, Hashable {
    /// The major version; nil: the newest on this machine when the cluster is made.
    var version: Int?
    var maxConnections: Int
    var sharedBuffersMiB: Int
    /// Of the whole server; nil: unlimited.
    var memoryMiB: Int?
    /// Another text makes another password; nil is the first one.
    var passwordVersion: String?
    /// Whether the cluster goes with all that is in it.
    var dropsData: Bool

    static let code = "DRV-801"

    /// The inputs, or everything that is wrong with them.
    static func read(_ request: DriverRequest) -> (inputs: PostgresInstanceInputs?, problems: [Problem]) {
        var reader = DriverInputReader(code: code)
        let values = request.values, place = "driver_inputs.values"
        reader.known([], in: request.params, at: "params")
        reader.known([], in: request.secrets, at: "driver_inputs.secret_refs")
        reader.known(
            ["version", "max_connections", "shared_buffers_mib", "memory_mib", "password_version", "on_delete"], in: values,
            at: place)
        let version = reader.number(values["version"], 13...99, at: "\(place).version")
        let connections = reader.number(values["max_connections"], 5...2000, at: "\(place).max_connections")
        let buffers = reader.number(values["shared_buffers_mib"], 1...65_536, at: "\(place).shared_buffers_mib")
        let memory = reader.number(values["memory_mib"], 64...1_048_576, at: "\(place).memory_mib")
        let password = reader.version(values["password_version"], at: "\(place).password_version")
        let deletion = values["on_delete"].flatMap { $0.isNull ? nil : $0 } ?? .string(PostgresInputs.deletions[0])
        if !PostgresInputs.deletions.contains(deletion.string ?? "") {
            reader.add(
                "\(place).on_delete", "it is \(PostgresInputs.deletions.joined(separator: " or "))",
                nearestName(to: deletion.string ?? "", among: PostgresInputs.deletions))
        }
        guard reader.problems.isEmpty else { return (nil, reader.problems) }
        return (
            PostgresInstanceInputs(
                version: version, maxConnections: connections ?? 100, sharedBuffersMiB: buffers ?? 32, memoryMiB: memory,
                passwordVersion: password, dropsData: deletion.string == "drop"), []
        )
    }

    /// A file among the secrets: the cluster gets the password of now before it starts.
    static let resetFile = "reset"

    /// What the container runs: makes the cluster once, as a whole or not at all, and becomes the server. A cluster keeps its major
    /// version. A password that is set is written to no log.
    var script: String {
        """
        set -eu
        data=/martlet/data/cluster
        if [ ! -e "$data/martlet-whole" ]; then
            version=\(version.map(String.init) ?? "$(ls /usr/lib/postgresql | sort -n | tail -n 1)")
            bin=/usr/lib/postgresql/$version/bin
            if [ ! -x "$bin/initdb" ]; then
                echo "this machine has no PostgreSQL ${version:-at all}: install the package postgresql-${version:-15}" >&2
                exit 1
            fi
            rm -rf "$data"
            "$bin/initdb" -D "$data" -U \(PostgresInstanceDriver.user) -A scram-sha-256 --pwfile=/martlet/secrets/password \\
                --data-checksums -E UTF8 --locale=C.UTF-8
            echo 'host all all all scram-sha-256' >> "$data/pg_hba.conf"
            sync
            touch "$data/martlet-whole"
        fi
        bin=/usr/lib/postgresql/$(cat "$data/PG_VERSION")/bin
        if [ -e /martlet/secrets/\(Self.resetFile) ]; then
            printf "ALTER ROLE \(PostgresInstanceDriver.user) LOGIN PASSWORD '%s' VALID UNTIL 'infinity'\\n" "$(cat /martlet/secrets/password)" |
                "$bin/postgres" --single -D "$data" -c log_statement=none -c log_min_error_statement=panic postgres > /dev/null
        fi
        exec "$bin/postgres" -D "$data" -c listen_addresses='*' -c port=\(PostgresInstanceDriver.port) \\
            -c unix_socket_directories=/martlet/socket -c max_connections=\(maxConnections) -c shared_buffers=\(sharedBuffersMiB)MB

        """
    }
}

extension DriverInputReader {
    /// A number, or its text: placeholders and YAML both make texts of numbers.
    fileprivate mutating func number(_ value: JSON?, _ range: ClosedRange<Int>, at path: String) -> Int? {
        guard let value, !value.isNull else { return nil }
        if let number = value.int.map({ Int($0) }) ?? value.string.flatMap({ Int($0) }), range.contains(number) { return number }
        add(path, "a whole number from \(range.lowerBound) to \(range.upperBound) is needed")
        return nil
    }
}
