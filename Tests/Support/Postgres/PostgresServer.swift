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

    /// The script makes the cluster, then obeys start, stop (fast), kill (as a crash); at the end of its input it
    /// stops the server and removes the folder.
    private static let script = """
        dir=$1; bin=$2; port=$3; auth=$4
        as=
        cd "$dir" || exit 1
        if [ "$(id -u)" = 0 ]; then
            as="setpriv --reuid=postgres --regid=postgres --init-groups"
            chown postgres "$dir"
        fi
        listen=; [ "$port" = 0 ] || listen=127.0.0.1
        $as "$bin/initdb" -D "$dir/data" -U postgres -E UTF8 --locale=C.UTF-8 --data-checksums --no-sync --no-instructions \\
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
                -c ssl=$ssl -c fsync=off -c shared_buffers=32MB -c max_connections=1000 -c log_min_messages=warning </dev/null &
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
        start
        while read -r command; do
            case $command in
                start) start ;;
                stop) end INT ;;
                kill) end QUIT ;;
            esac
        done
        end INT
        cd / && rm -rf "$dir"
        """

    /// - Parameters:
    ///   - port: A TCP port on 127.0.0.1 with SCRAM, or nil for the Unix socket alone (which trusts everybody).
    ///   - prepare: Writes `server.key` and `server.crt` into the folder for a server with TLS.
    package init(port: Int? = nil, prepare: (TemporaryFolder) throws -> Void = { _ in }) throws {
        folder = try TemporaryFolder("mpg")
        self.port = port
        try prepare(folder)
        shell = try WatchedShell(
            Self.script, arguments: [folder.path, Self.programs, "\(port ?? 0)", "scram-sha-256"], log: folder.file("log"))
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
