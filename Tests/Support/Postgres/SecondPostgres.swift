import FoundationEssentials
import Glibc
import Postgres
import Subprocess

/// A PostgreSQL that is not Martlet's own: TCP on 127.0.0.1 with SCRAM passwords and TLS, as an organisation would
/// register it; for the tests of drivers.
package struct SecondPostgres: Sendable {
    package let server: PostgresServer
    package let host = "127.0.0.1"
    package var port: Int { reserved.number }
    private let reserved: ReservedPort
    package let administrator: String
    package let password: String

    /// Starts a server with an administrator who may create databases and roles but is no superuser.
    package static func start(administrator: String = "platform_admin") async throws -> SecondPostgres {
        let reserved = try ReservedPort()
        let password = "p-\(UInt64.random(in: .min ... .max))-'\\\"x"
        let key = try await selfSigned()
        let server = try PostgresServer(port: reserved.number) { folder in
            try folder.write(key.key, to: "server.key")
            try folder.write(key.certificate, to: "server.crt")
        }
        try await server.untilReady()
        let connection = try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn()))
        try await connection.execute(
            "CREATE ROLE \(identifier: administrator) LOGIN CREATEDB CREATEROLE PASSWORD \(literal: password)")
        await connection.close()
        return SecondPostgres(server: server, reserved: reserved, administrator: administrator, password: password)
    }

    /// A connection over TCP with a password.
    package func configuration(user: String, password: String, database: String = "postgres") -> PostgresConfiguration {
        PostgresConfiguration(dsn: "host=\(host) port=\(port) dbname=\(database) user=\(user)", password: password)
    }

    private static func selfSigned() async throws -> (key: String, certificate: String) {
        let folder = try TemporaryFolder("mpgtls")
        let result = try await Subprocess.run(
            .name("openssl"),
            arguments: [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                "-keyout", folder.file("k"), "-out", folder.file("c"),
            ],
            output: .discarded, error: .string(limit: 4096))
        guard let key = folder.read("k"), let certificate = folder.read("c") else {
            throw PostgresServerFailure(log: result.standardError)
        }
        return (key, certificate)
    }
}

extension SecondPostgres {
    private actor Shared {
        static let one = Shared()
        private var server: Task<SecondPostgres, any Error>?

        func running() async throws -> SecondPostgres {
            // Unstructured: the first caller starts it for all.
            let task = server ?? Task { try await SecondPostgres.start() }
            server = task
            return try await task.value
        }
    }

    /// One for all tests of this process that make things of their own names in it.
    package static func shared() async throws -> SecondPostgres { try await Shared.one.running() }

    /// The superuser over the Unix socket, to look behind the scenes.
    package func superuser(database: String = "postgres") async throws -> PostgresConnection {
        try await PostgresConnection.connect(PostgresConfiguration(dsn: server.dsn(database: database)))
    }
}
