import DeployTargets
import PlatformModel
import PureDrivers

/// `martlet/postgres-instance`: a private PostgreSQL cluster, a container in the environment's network with this machine's own PostgreSQL,
/// and a volume with its data (ADR 22).
///
/// Values, all optional: `version` (major), `max_connections`, `shared_buffers_mib`, `memory_mib`, `password_version`: another text makes a
/// new password; `on_delete`: `refuse` (default) keeps a cluster in which tables hold rows, `drop` does not. No secrets, no params.
/// Outputs: `host` (a name of the environment's network), `port`, `username` (a superuser of this cluster alone) and the secret `password`.
///
/// Container and volume carry a mark, a label with the resource's GUResID. What carries another is never touched.
package struct PostgresInstanceDriver: Driver {
    package let name = "postgres-instance"
    package let canFind = true
    let target: PodmanTarget
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
        // Kept before the effect: an attempt that is lost half-way is taken up with the same password.
        let password = try await password(inputs, request, context)
        let server = server(request, inputs, password: password)
        if try await !standing(server, request).isRunning { context.progress("starting a PostgreSQL server") }
        try await start(server, request)
        try await requireAnswer(server, password, request, context)
        target.forgetServerSecrets(request.guResID, in: request.environment)
        return result(request, password)
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        let inputs = try inputs(of: request)
        let password = try await password(inputs, request, context)
        let server = server(request, inputs, password: password)
        let standing = try await standing(server, request)
        if standing.hasData, !inputs.dropsData, !request.mayLoseData {
            // A server that was stopped by hand can tell what it holds, too.
            if !standing.isRunning { try await start(server, request) }
            try await requireAnswer(server, password, request, context)
            try await connection(request, password).refuseWhileDataIsHeld()
        }
        context.progress("removing the PostgreSQL server and its data")
        do throws(DeployError) { try await target.removeServer(request.guResID, in: request.environment) } catch {
            throw Self.failure(error, request)
        }
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        let inputs = try inputs(of: request)
        let password = try await password(inputs, request, context)
        let standing = try await standing(server(request, inputs, password: password), request)
        // Half of it is as good as nothing: provision completes it.
        guard standing.isRunning, standing.hasData, standing.isCurrent,
            await connection(request, password).refusal() == nil
        else { return .absent }
        return .present(result(request, password))
    }

    /// Container, data, settings and password each by itself.
    package func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        let inputs = try inputs(of: request)
        let password = try await password(inputs, request, context)
        let standing = try await standing(server(request, inputs, password: password), request)
        if !standing.isMade, !standing.hasData { return .create }
        let place = "server \(target.serverHost(request.guResID, in: request.environment))"
        var changes: [FieldChange] = []
        if !standing.isMade { changes.append(FieldChange(place, actual: nil, wanted: "stands")) }
        if !standing.hasData { changes.append(FieldChange("\(place)/data", actual: nil, wanted: "stand")) }
        if standing.isMade, !standing.isCurrent {
            changes.append(FieldChange("\(place)/settings", actual: "of another definition", wanted: "of this one"))
        }
        if standing.isRunning {
            switch await connection(request, password).refusal() {
            case .password: changes.append(FieldChange("\(place)/password", actual: nil, wanted: nil, isSecret: true))
            case .silence: changes.append(FieldChange("\(place)/answers", actual: false, wanted: true))
            case nil: break
            }
        } else if standing.isMade {
            changes.append(FieldChange("\(place)/running", actual: false, wanted: true))
        }
        if let last = request.last {
            changes += context.typed(result(request, password)).changes(from: last).filter { !$0.isSecret }
        }
        return changes.isEmpty ? .none : .update(changes)
    }

    // MARK: The parts

    func inputs(of request: DriverRequest) throws(DriverError) -> PostgresInstanceInputs {
        let (inputs, problems) = PostgresInstanceInputs.read(request)
        guard let inputs else { throw DriverError(code: PostgresInstanceInputs.code, problems: problems) }
        return inputs
    }

    func server(
        _ request: DriverRequest, _ inputs: PostgresInstanceInputs, password: String
    ) -> EnvironmentServer {
        EnvironmentServer(
            environment: request.environment, resource: request.guResID, action: request.key, script: inputs.script,
            secrets: ["password": password], memory: inputs.memoryMiB.map { Int64($0) << 20 })
    }

    func connection(_ request: DriverRequest, _ password: String) -> InstanceConnection {
        InstanceConnection(
            sockets: target.serverSockets(request.guResID, in: request.environment), password: password, request: request)
    }

    func standing(_ server: EnvironmentServer, _ request: DriverRequest) async throws(DriverError) -> ServerStanding {
        do throws(DeployError) { return try await target.server(server) } catch { throw Self.failure(error, request) }
    }

    private func start(
        _ server: EnvironmentServer, _ request: DriverRequest, isRestarted: Bool = false
    ) async throws(DriverError) {
        do throws(DeployError) { try await target.ensureServer(server, isRestarted: isRestarted) } catch {
            throw Self.failure(error, request)
        }
    }

    /// The server answers, and to this password: one that was made with another is started anew, and gets it on the way.
    private func requireAnswer(
        _ server: EnvironmentServer, _ password: String, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) {
        if try await awaitAnswer(request, password) { return }
        context.progress("setting the password of the PostgreSQL server")
        var server = server
        server.secrets[PostgresInstanceInputs.resetFile] = "yes"
        try await start(server, request, isRestarted: true)
        guard try await awaitAnswer(request, password) else {
            throw DriverError(
                code: "DRV-804",
                message:
                    "\(request.identity): its cluster does not take the password that the broker keeps for it; set the password of "
                    + "'\(Self.user)' in the cluster, or see the server's words with 'podman logs'", kind: .failed)
        }
        target.forgetServerSecrets(request.guResID, in: request.environment)
    }

    func password(
        _ inputs: PostgresInstanceInputs, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> String {
        do {
            return try await context.keepSecret(inputs.passwordVersion.map { "password-\($0)" } ?? "password") {
                PostgresDriver.password(from: context.randomBytes(32))
            }
        } catch {
            throw DriverError(
                code: "DRV-803", message: "\(request.identity): the broker did not keep the password: \(error)", kind: .transient)
        }
    }

    private func result(_ request: DriverRequest, _ password: String) -> DriverResult {
        DriverResult(
            values: [
                "host": .string(target.serverHost(request.guResID, in: request.environment)), "port": .int(Int64(Self.port)),
                "username": .string(Self.user),
            ],
            secrets: ["password": .string(password)])
    }

    /// False: it answers, and not to this password.
    private func awaitAnswer(_ request: DriverRequest, _ password: String) async throws(DriverError) -> Bool {
        let deadline = ContinuousClock.now + patience, connection = connection(request, password)
        while let refusal = await connection.refusal() {
            if refusal == .password { return false }
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
        return true
    }

    private static func failure(_ error: DeployError, _ request: DriverRequest) -> DriverError {
        DriverError(
            code: "DRV-802", message: "\(request.identity): \(error.code) \(error.message)",
            kind: error.kind == .transient ? .transient : .failed)
    }
}
