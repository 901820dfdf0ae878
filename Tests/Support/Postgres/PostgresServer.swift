import FoundationEssentials
import Glibc
import Postgres
import Synchronization

/// A PostgreSQL server of its own in a temporary folder, gone with the last reference or with this process.
package final class PostgresServer: Sendable {
    private static let programs = "/usr/lib/postgresql/15/bin"

    /// The folder of the Unix socket.
    package let socketFolder: String
    /// The TCP port on 127.0.0.1, or nil.
    package let port: Int?
    private let shell: WatchedShell
    private let folder: TemporaryFolder

    /// The script makes the cluster, then obeys start, stop (fast), kill (as a crash), follow FOLDER (throws its cluster away and becomes
    /// a standby of the server there); at the end of its input it stops the server and removes the folder.
    private static let script = """
        dir=$1; bin=$2; port=$3; auth=$4; idle=$5
        as=
        cd "$dir" || exit 1
        if [ "$(id -u)" = 0 ]; then
            as="setpriv --reuid=postgres --regid=postgres --init-groups"
            chown postgres "$dir"
        fi
        listen=; [ "$port" = 0 ] || listen=127.0.0.1
        [ -n "$idle" ] || $as "$bin/initdb" -D "$dir/data" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums --no-sync --no-instructions \\
            --auth-local=trust --auth-host="$auth" || exit 1
        if [ -e "$dir/server.key" ]; then
            cp "$dir/server.key" "$dir/server.crt" "$dir/data/"
            [ -z "$as" ] || chown postgres "$dir/data/server.key" "$dir/data/server.crt"
            chmod 600 "$dir/data/server.key"
        fi
        ssl=off; [ ! -e "$dir/data/server.key" ] || ssl=on
        server=
        start() {
            $as "$bin/postgres" -D "$dir/data" -c unix_socket_directories="$dir" -c listen_addresses="$listen" -c port="${port#0}" \\
                -c ssl=$ssl -c fsync=off -c shared_buffers=32MB -c max_connections=2000 -c log_min_messages=warning </dev/null &
            server=$!
        }
        # A server that is only just starting does not listen to signals yet.
        end() {
            [ -n "$server" ] || return
            tries=0
            until grep -qs ready "$dir/data/postmaster.pid" || [ $tries = 100 ]; do tries=$((tries + 1)); sleep 0.1; done
            kill -"$1" $server
            wait $server
            server=
        }
        [ "$port" != 0 ] || port=5432
        [ -n "$idle" ] || start
        while read -r command folder; do
            case $command in
                start) start ;;
                stop) end INT ;;
                kill) end QUIT ;;
                follow)
                    end INT
                    rm -rf "$dir/data"
                    $as "$bin/pg_basebackup" -h "$folder" -p "${port#0}" -U postgres -D "$dir/data" -R -X stream -c fast --no-sync
                    start
                    ;;
            esac
        done
        end INT
        cd / && rm -rf "$dir"
        """

    /// - Parameters:
    ///   - port: A TCP port on 127.0.0.1 with SCRAM, or nil for the Unix socket alone (which trusts everybody).
    ///   - isIdle: It has no cluster until it is told to follow another server.
    ///   - prepare: Writes `server.key` and `server.crt` into the folder for a server with TLS.
    package init(port: Int? = nil, isIdle: Bool = false, prepare: (TemporaryFolder) throws -> Void = { _ in }) throws {
        folder = try TemporaryFolder("mpg")
        self.port = port
        try prepare(folder)
        shell = try WatchedShell(
            Self.script, arguments: [folder.path, Self.programs, "\(port ?? 0)", "scram-sha-256", isIdle ? "idle" : ""],
            log: folder.file("log"))
        socketFolder = folder.path
    }

    /// The connection string over the Unix socket.
    package func dsn(database: String = "postgres", role: String = "postgres") -> String {
        "host=\(socketFolder) port=\(port ?? 5432) dbname=\(database) user=\(role)"
    }

    /// The server's log so far, for a failing test.
    package var log: String { folder.read("log") ?? "" }

    /// Returns when the server answers.
    package func untilReady() async throws {
        let configuration = PostgresConfiguration(dsn: dsn())
        do {
            try await eventually("the private PostgreSQL") {
                guard let connection = try? await PostgresConnection.connect(configuration) else { return false }
                await connection.close()
                return true
            }
        } catch {
            throw PostgresServerFailure(log: log)
        }
    }

    package func start() async throws {
        shell.send("start")
        try await untilReady()
    }

    /// Stops the server as an administrator does: sessions are ended.
    package func stop() async throws { try await end("stop") }

    /// Stops the server without a checkpoint, as a crash does.
    package func crash() async throws { try await end("kill") }

    /// Becomes a standby of the other server, which both must reach by the same port number; returns when the stream has begun.
    package func follow(_ primary: PostgresServer) async throws {
        shell.send("follow \(primary.socketFolder)")
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: primary.dsn()))
        try await eventually("the stream to the standby") {
            try await connection.query("SELECT count(*) AS count FROM pg_stat_replication WHERE state = 'streaming'").first?
                .int("count") == 1
        }
        await connection.close()
        try await untilReady()
    }

    /// Of a standby: from now on it is a server of its own.
    package func promote() async throws {
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: dsn()))
        guard try await connection.query("SELECT pg_promote() AS done").first?.bool("done") == true else {
            throw PostgresServerFailure(log: log)
        }
        await connection.close()
    }

    package func restart() async throws {
        try await stop()
        try await start()
    }

    private func end(_ command: String) async throws {
        shell.send(command)
        let file = folder.file("data/postmaster.pid")
        try await eventually("the stop of the private PostgreSQL") {
            !FileManager.default.fileExists(atPath: file)
        }
    }
}

package struct PostgresServerFailure: Error, CustomStringConvertible {
    let log: String
    package var description: String { "the private PostgreSQL does not start:\n\(log)" }
}
