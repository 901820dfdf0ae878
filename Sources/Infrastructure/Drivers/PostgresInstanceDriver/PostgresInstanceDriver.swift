import DeployTargets
import PlatformModel
import Postgres
import PureDrivers

/// `martlet/postgres-instance`: a private PostgreSQL cluster, a container in the environment's network with this machine's own PostgreSQL,
/// and a volume with its data (ADR 22).
///
/// Values, all optional: `version` (major), `max_connections`, `shared_buffers_mib`, `memory_mib`, `on_delete`: `refuse` (default) keeps a
/// cluster in which tables hold rows, `drop` does not. No secrets, no params. Outputs: `host` (a name of the environment's network), `port`,
/// `username` (a superuser of this cluster alone) and the secret `password`.
///
/// Container and volume carry a mark, a label with the resource's GUResID. What carries another is never touched.
package struct PostgresInstanceDriver: Driver {
    package let name = "postgres-instance"
    package let canFind = true
    private let target: PodmanTarget
    /// For a new cluster on a busy machine.
    private let patience: Duration

    static let user = "postgres"
    static let port = 5432

    package init(target: PodmanTarget, patience: Duration = .seconds(120)) {
        self.target = target
        self.patience = patience
    }

    package func check(_ request: DriverRequest) -> [Problem] { PostgresInstanceInputs.read(request).problems }

    package func holdsData(_ request: DriverRequest) -> Bool {
        PostgresInstanceInputs.read(request).inputs?.dropsData != true
    }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let inputs = try inputs(of: request)
        // Kept before the effect: the cluster is made with it once.
        let password = try await password(request, context)
        let server = server(request, inputs, password: password)
        if try await !standing(server, request).isRunning { context.progress("starting a PostgreSQL server") }
        try await start(server, request)
        try await awaitAnswer(request, password, context)
        target.forgetServerSecrets(request.guResID, in: request.environment)
        return result(request, password)
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        let inputs = try inputs(of: request)
        let password = try await password(request, context)
        let server = server(request, inputs, password: password)
        let standing = try await standing(server, request)
        if standing.hasData, !inputs.dropsData, !request.mayLoseData {
            // A server that was stopped by hand can tell what it holds, too.
            if !standing.isRunning { try await start(server, request) }
            try await refuseWhileDataIsHeld(request, password, context)
        }
        context.progress("removing the PostgreSQL server and its data")
        do throws(DeployError) { try await target.removeServer(request.guResID, in: request.environment) } catch {
            throw Self.failure(error, request)
        }
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        let inputs = try inputs(of: request)
        let password = try await password(request, context)
        let standing = try await standing(server(request, inputs, password: password), request)
        // Half of it is as good as nothing: provision completes it.
        guard standing.isRunning, standing.hasData, standing.isCurrent, await connectError(request, password) == nil else {
            return .absent
        }
        return .present(result(request, password))
    }

    // MARK: The parts

    private func inputs(of request: DriverRequest) throws(DriverError) -> PostgresInstanceInputs {
        let (inputs, problems) = PostgresInstanceInputs.read(request)
        guard let inputs else { throw DriverError(code: PostgresInstanceInputs.code, problems: problems) }
        return inputs
    }

    private func server(
        _ request: DriverRequest, _ inputs: PostgresInstanceInputs, password: String
    ) -> EnvironmentServer {
        EnvironmentServer(
            environment: request.environment, resource: request.guResID, action: request.key, script: inputs.script,
            secrets: ["password": password], memory: inputs.memoryMiB.map { Int64($0) << 20 })
    }

    private func standing(_ server: EnvironmentServer, _ request: DriverRequest) async throws(DriverError) -> ServerStanding {
        do throws(DeployError) { return try await target.server(server) } catch { throw Self.failure(error, request) }
    }

    private func start(_ server: EnvironmentServer, _ request: DriverRequest) async throws(DriverError) {
        do throws(DeployError) { try await target.ensureServer(server) } catch { throw Self.failure(error, request) }
    }

    private func password(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> String {
        do {
            return try await context.keepSecret("password") { PostgresDriver.password(from: context.randomBytes(32)) }
        } catch {
            throw DriverError(
                code: "DRV-803", message: "\(request.identity): the broker did not keep the password: \(error)", kind: .transient)
        }
    }

    /// As the administrator, by the socket.
    private func connection(_ request: DriverRequest, _ password: String) -> PostgresInputs {
        let sockets = target.serverSockets(request.guResID, in: request.environment)
        return PostgresInputs(
            host: sockets, port: Self.port, user: Self.user, password: password, maintenanceDatabase: "postgres",
            sslMode: "disable", outputsHost: sockets, outputsPort: Self.port, passwordVersion: nil, instance: request.guResID,
            dropsData: false)
    }

    private func result(_ request: DriverRequest, _ password: String) -> DriverResult {
        DriverResult(
            values: [
                "host": .string(target.serverHost(request.guResID, in: request.environment)), "port": .int(Int64(Self.port)),
                "username": .string(Self.user),
            ],
            secrets: ["password": .string(password)])
    }

    /// Nil: it answers.
    private func connectError(_ request: DriverRequest, _ password: String) async -> PostgresError? {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(connection(request, password).configuration())
            await connection.close()
            return nil
        } catch { return error }
    }

    private func awaitAnswer(
        _ request: DriverRequest, _ password: String, _ context: DriverContext
    ) async throws(DriverError) {
        let deadline = ContinuousClock.now + patience
        while let error = await connectError(request, password) {
            // 28P01: the data were made with another password than the broker has.
            if error.kind == .server(sqlstate: "28P01") {
                throw DriverError(
                    code: "DRV-804",
                    message:
                        "\(request.identity): its cluster does not accept the password that the broker keeps for it; restore the "
                        + "secret, or set the password of '\(Self.user)' in the cluster", kind: .failed)
            }
            guard ContinuousClock.now < deadline else {
                let words = await target.serverWords(request.guResID, in: request.environment)
                throw DriverError(
                    code: "DRV-802",
                    message: "\(request.identity): its server does not answer within \(patience.components.seconds) s"
                        + (words.isEmpty ? "" : "; its last words: \(words)"), kind: .transient)
            }
            do { try await Task.sleep(for: .milliseconds(100)) } catch {
                throw DriverError(code: "DRV-802", message: "\(request.identity): cancelled", kind: .unknown)
            }
        }
    }

    /// What an environment's end must not take along unless somebody said so.
    private func refuseWhileDataIsHeld(
        _ request: DriverRequest, _ password: String, _ context: DriverContext
    ) async throws(DriverError) {
        try await awaitAnswer(request, password, context)
        let inputs = connection(request, password)
        for database in try await databases(inputs, request) {
            guard let held = try await HeldData.find(in: database, inputs, for: request) else { continue }
            throw DriverError(
                code: "DRV-805",
                message:
                    "\(request.identity): the cluster is not removed, since its database '\(database)' holds data (\(held)); save "
                    + "what is needed, then delete with force=true, or detach the resource to keep the cluster", kind: .refused)
        }
    }

    private func databases(_ inputs: PostgresInputs, _ request: DriverRequest) async throws(DriverError) -> [String] {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(inputs.configuration())
            do throws(PostgresError) {
                let rows = try await connection.query(
                    "SELECT datname AS name FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY 1")
                await connection.close()
                return try rows.map { row throws(PostgresError) in try row.string("name") }
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            throw DriverError(
                code: "DRV-802", message: "\(request.identity): its server does not answer: \(error)", kind: .transient)
        }
    }

    private static func failure(_ error: DeployError, _ request: DriverRequest) -> DriverError {
        DriverError(
            code: "DRV-802", message: "\(request.identity): \(error.code) \(error.message)",
            kind: error.kind == .transient ? .transient : .failed)
    }
}
