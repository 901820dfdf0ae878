import AsyncHTTPClient
import DirectoryClient
import FoundationEssentials
import Glibc
import HTTPTypes
import Logging
import NIOCore
import NIOSSL
import PlatformModel
import Postgres
import RoomTestSupport
import ServiceAPI
import ServiceRuntime
import TestSupport
import Testing

@testable import Gateway

/// A whole gateway on real sockets, with a real database and directory, before rooms that are fakes.
final class GatewayHarness: Sendable {
    let database: TestDatabase
    let pool: PostgresPool
    let slapd: PrivateSlapd
    let gateway: Gateway
    let configuration: GatewayConfiguration
    let orchestrator = FakeRoom()
    let logs = FakeRoom()
    let room: RoomClient
    private let client: HTTPEndpoint

    struct Answer: Sendable {
        var status: Int
        var headers: HTTPFields
        var body: JSON
        var error: String? { body["error"]?.string }
        var message: String { body["message"]?.string ?? "" }
    }

    private init(
        database: TestDatabase, pool: PostgresPool, slapd: PrivateSlapd, configuration: GatewayConfiguration, gateway: Gateway,
        port: Int, http: RoomHTTP
    ) {
        self.database = database
        self.pool = pool
        self.slapd = slapd
        self.configuration = configuration
        self.gateway = gateway
        room = RoomClient(room: "gateway", socket: configuration.service.socket)
        client = HTTPEndpoint(name: "gateway", url: "https://127.0.0.1:\(port)", http: http)
    }

    /// - Parameters:
    ///   - directoryCheckSeconds: 0: the directory is asked whenever somebody asks for roles.
    ///   - startsOrchestrator: false: nobody listens on its socket.
    ///   - recentFor: how long the gateway believes what it has looked up, when nobody tells of a change.
    ///   - directory: changes how the directory is reached.
    static func with(
        directoryCheckSeconds: Int = 300, startsOrchestrator: Bool = true, recentFor: Duration = .seconds(5),
        directory: @escaping @Sendable (inout DirectoryConfiguration) -> Void = { _ in },
        configure: @escaping @Sendable (inout GatewayConfiguration) -> Void = { _ in },
        issuers: IssuerKeys? = nil,
        _ body: @escaping @Sendable (GatewayHarness) async throws -> Void
    ) async throws {
        let database = try await PrivatePostgres.database()
        let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        try await PrivateSlapd.with { slapd in
            try await PostgresPool.with(database.configuration(role: "martlet_gateway"), logger: logger) { pool in
                var configured = try configuration(slapd, database, directoryCheckSeconds, directory)
                configure(&configured)
                let configuration = configured
                let gateway = Gateway(
                    configuration, pool: pool, logger: logger, streamCheck: .milliseconds(100),
                    recent: RecentPrincipals(pool: pool, idle: recentFor, lifetime: recentFor), issuers: issuers)
                let tls = try ServerCertificate.configuration(configuration.tls, logger: logger)
                let own = RoomRouter(), network = RoomRouter()
                gateway.gate.add(to: network)
                gateway.rooms.add(to: own)
                let server = RoomServer(
                    endpoints: [
                        .init(.unix(path: configuration.service.socket, mode: 0o600, group: nil), own),
                        .init(.tls(name: "public", host: "127.0.0.1", port: 0, configuration: tls), network),
                    ], configuration: configuration.service, logger: logger)
                let authority = configuration.tls.certificate
                let http = RoomHTTP {
                    var tls = TLSConfiguration.makeClientConfiguration()
                    tls.trustRoots = .file(authority)
                    $0.tlsConfiguration = tls
                }
                try await run(server, gateway, configuration, startsOrchestrator, logger) {
                    let port = try await server.listening().compactMap(\.port).first
                    let harness = GatewayHarness(
                        database: database, pool: pool, slapd: slapd, configuration: configuration, gateway: gateway,
                        port: try #require(port), http: http)
                    return harness
                } body: { harness in
                    do {
                        try await body(harness)
                        await http.shutdown()
                    } catch {
                        await http.shutdown()
                        throw error
                    }
                }
            }
        }
    }

    private static func run(
        _ server: RoomServer, _ gateway: Gateway, _ configuration: GatewayConfiguration, _ startsOrchestrator: Bool,
        _ logger: Logger,
        make: @escaping @Sendable () async throws -> GatewayHarness,
        body: @escaping @Sendable (GatewayHarness) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return false
            }
            let harness = try await make()
            for (fake, socket) in [
                (harness.orchestrator, configuration.orchestratorSocket), (harness.logs, configuration.logsSocket),
            ] {
                if fake === harness.orchestrator, !startsOrchestrator { continue }
                let callers = ServiceConfiguration(socket: socket, callers: ["gateway": getuid()])
                let room = RoomServer(
                    endpoints: [.init(.unix(path: socket, mode: 0o600, group: nil), fake.router(callers: ["gateway"]))],
                    configuration: callers,
                    logger: logger)
                group.addTask {
                    try await room.run()
                    return false
                }
                _ = try await room.listening()
            }
            group.addTask {
                try await body(harness)
                return true
            }
            defer {
                group.cancelAll()
                gateway.keeping.people.directory.stop()
            }
            while let done = try await group.next(), !done {}
        }
    }

    /// A file like an administrator's, but for the Unix users and the paths.
    private static func configuration(
        _ slapd: PrivateSlapd, _ database: TestDatabase, _ directoryCheckSeconds: Int,
        _ change: (inout DirectoryConfiguration) -> Void
    ) throws -> GatewayConfiguration {
        let text = """
            socket: \(slapd.folder)/gateway.sock
            callers: {orchestrator: "\(getuid())"}
            tls:
              certificate: \(slapd.folder)/gateway-tls/certificate.pem
              key: \(slapd.folder)/gateway-tls/key.pem
              names: [127.0.0.1]
            database: "\(database.dsn(role: "martlet_gateway"))"
            rooms:
              orchestrator: \(slapd.folder)/orchestrator.sock
              logs: \(slapd.folder)/logs.sock
            \(slapd.gatewaySection)
              connect_timeout_seconds: 30
              request_timeout_seconds: 30
            """
        var configuration = try ConfigReader.read(GatewayConfiguration.self, bytes: Array(text.utf8), file: "gateway.yaml")
        configuration.directoryCheckSeconds = directoryCheckSeconds
        change(&configuration.ldap)
        return configuration
    }

    // MARK: What tests do

    /// A request as a client sends it, and the whole answer, whatever its status.
    func call(
        _ method: HTTPRequest.Method, _ path: String, token: String? = nil, body: JSON? = nil, headers: HTTPFields = [:]
    ) async throws -> Answer {
        let stream = try await open(method, path, token: token, body: body, headers: headers)
        let bytes = try await stream.collect(upTo: 1 << 22)
        return Answer(status: stream.status, headers: stream.headers, body: bytes.isEmpty ? .null : try JSON.parse(bytes))
    }

    /// What is on record of a request, by its answer: outcome, status and code.
    func record(of answer: Answer) async throws -> [String] {
        let id = try #require(answer.headers[RoomHeader.requestID])
        let connection = try await PostgresConnection.connect(database.configuration())
        let rows: [Row]
        do {
            rows = try await connection.query(
                """
                SELECT concat_ws(' ', outcome, status, details ->> 'code') AS text FROM audit.entries WHERE request_id = \(id)
                ORDER BY at, id
                """)
        } catch {
            await connection.close()
            throw error
        }
        await connection.close()
        return try rows.map { try $0.string("text") }
    }

    func open(
        _ method: HTTPRequest.Method, _ path: String, token: String? = nil, body: JSON? = nil, headers: HTTPFields = [:]
    ) async throws -> HTTPBodyStream {
        // Hundreds of tests share the machine; how long an answer takes is not what they are about.
        var call = HTTPCall(method, "/", headers: headers, timeout: .seconds(120))
        call.target = path
        if let token { call.headers[.authorization] = "Bearer \(token)" }
        if let body {
            call.headers[.contentType] = "application/json"
            call.body = .bytes(Array(body.canonical.utf8))
        }
        return try await client.forward(call)
    }

    /// Changes the database, as somebody else would, whose word has come.
    func elsewhere(_ sql: SQL, org: String? = nil) async throws {
        try await pool.execute(sql, org: org)
        gateway.recent.forgetAll()
    }

    func signIn(_ name: String, password: String? = nil) async throws -> Answer {
        try await call(.post, "/auth/login", body: ["username": .string(name), "password": .string(password ?? name + "-demo")])
    }

    /// A session of somebody who can sign in.
    func session(of name: String) async throws -> String {
        let answer = try await signIn(name)
        return try #require(answer.body["token"]?.string, "\(answer)")
    }

    func assign(_ subject: String, _ level: RoleLevel, _ object: String? = nil, _ role: String, in org: String = "acme")
        async throws
    {
        let request = RoleAssignmentRequest(subject: subject, level: level, object: object, role: role)
        try await room.send(.post, "/v1/admin/orgs/\(org)/roles", body: request)
    }

    /// A service user's token with these roles.
    func token(
        _ name: String, in org: String = "acme", org role: OrgRole? = nil, apps: [String: AppRole]? = nil,
        envTypes: [String: EnvTypeRole]? = nil
    ) async throws -> String {
        let reply: ServiceTokenReply = try await room.call(
            .post, "/v1/admin/orgs/\(org)/tokens",
            body: ServiceTokenRequest(name: name, orgRole: role, appRoles: apps, envTypeRoles: envTypes))
        return reply.token
    }

    /// The group of Alice.
    static let engineers = "group:CN=Platform-Engineers, ou=groups,dc=example,dc=org"
    static let developers = "group:cn=shop-developers,ou=groups,dc=example,dc=org"
}
