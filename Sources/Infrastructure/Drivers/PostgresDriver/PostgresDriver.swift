import PlatformModel
import Postgres
import PureDrivers
import Synchronization

/// `martlet/postgres`: a database and a role with a password on a PostgreSQL server (13 or newer) that the organisation owns.
///
/// Values of the definition: `host`, `port` (default 5432), `user` and `name` (the maintenance database, default `postgres`) of a
/// role that may create databases and roles; `sslmode` (libpq's words, default `prefer`); `outputs_host` and `outputs_port` where
/// workloads reach the server by another address; `password_version`: another text makes a new password (a deployment then brings it
/// to whoever uses the database); `on_delete`: `refuse` (default) keeps a database in which tables hold rows, `drop` does not. Secret:
/// `password` of `user`. No params.
/// Outputs: `host`, `port`, `name`, `database` (the same), `username`, and the secret `password`.
///
/// With `instance`, the GUResID of a `postgres-instance` of the same environment, that server's socket is used, and `host` and `port`
/// are what workloads are told.
///
/// Both carry a mark, a COMMENT with the resource's GUResID and the action's key. What carries no such mark is never touched.
package struct PostgresDriver: Driver {
    package let name = "postgres"
    package let canFind = true

    /// The folder of a `postgres-instance`'s sockets, where this runner has such servers.
    private let instances: (@Sendable (_ resource: String, _ environment: EnvironmentContext) -> String)?

    package init(instances: (@Sendable (_ resource: String, _ environment: EnvironmentContext) -> String)? = nil) {
        self.instances = instances
    }

    package func check(_ request: DriverRequest) -> [Problem] { PostgresInputs.read(request).problems }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let inputs = try inputs(of: request)
        let names = PostgresNames(request)
        return try await AdministeredServer.with(inputs, for: request) { server throws(DriverError) in
            try await server.requireRights()
            // Kept before the effect: an attempt that is lost half-way is taken up with the same password.
            let password = try await keptPassword(inputs, request, context).password
            try await server.lock(request.guResID)
            let role = try await server.role(names.role), database = try await server.database(names.database)
            try names.requireOwn(role: role, database: database, on: inputs, request)
            if role == nil {
                context.progress("creating the role \(names.role)")
                try await server.createRole(names.role, password: password, mark: names.mark(request))
            } else if database?.isOpen != true {
                try await server.setPassword(names.role, password)
            } else if await server.canSignIn(names, password: password) != true {
                context.progress("setting the password of \(names.role)")
                try await server.setPassword(names.role, password)
            }
            if let role, !role.excess.isEmpty { try await server.restrict(names.role, from: role.excess) }
            try await reach(PostgresDriverFaults.afterRole)
            if database == nil {
                context.progress("creating the database \(names.database)")
                try await server.createDatabase(names.database, owner: names.role)
                try await reach(PostgresDriverFaults.afterDatabase)
            }
            if let database, database.owner != names.role { try await server.setOwner(names.database, names.role) }
            if database?.mark == nil || database?.isPublic == true || database?.isOpen == false {
                try await server.closeAndMark(names.database, mark: names.mark(request))
            }
            return result(inputs, names, password: password)
        }
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        let inputs = try inputs(of: request)
        let names = PostgresNames(request)
        try await AdministeredServer.with(inputs, for: request) { server throws(DriverError) in
            try await server.requireRights()
            try await server.lock(request.guResID)
            let role = try await server.role(names.role), database = try await server.database(names.database)
            try names.requireOwn(role: role, database: database, on: inputs, request)
            if let database {
                if !inputs.dropsData, !request.mayLoseData,
                    let held = try await heldData(database, names, inputs, request)
                {
                    throw refusal(held, names, inputs, request)
                }
                context.progress("dropping the database \(names.database)")
                try await server.dropDatabase(names.database)
                try await reach(PostgresDriverFaults.afterDrop)
            }
            if role != nil {
                context.progress("dropping the role \(names.role)")
                try await server.dropRole(names.role)
            }
        }
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        let inputs = try inputs(of: request)
        let names = PostgresNames(request)
        return try await AdministeredServer.with(inputs, for: request) { server throws(DriverError) in
            let role = try await server.role(names.role), database = try await server.database(names.database)
            try names.requireOwn(role: role, database: database, on: inputs, request)
            // Half of it is as good as nothing: provision completes it.
            guard let role, role.maySignIn, let database, database.mark != nil, !database.isPublic, database.isOpen,
                database.owner == names.role
            else { return .absent }
            let kept = try await keptPassword(inputs, request, context)
            return kept.isNew ? .absent : .present(result(inputs, names, password: kept.password))
        }
    }

    /// A definition with `on_delete: drop` says that what is in the database may go with it.
    package func holdsData(_ request: DriverRequest) -> Bool {
        request.values["on_delete"]?.string != "drop"
    }

    // MARK: The parts

    func inputs(of request: DriverRequest) throws(DriverError) -> PostgresInputs {
        let (inputs, problems) = PostgresInputs.read(request)
        guard var inputs else { throw DriverError(code: "DRV-301", problems: problems) }
        guard let instance = inputs.instance else { return inputs }
        guard let instances else {
            throw DriverError(
                code: "DRV-301",
                problems: [
                    Problem(
                        code: "DRV-301", path: "driver_inputs.values.instance",
                        message: "this runner has no postgres-instances; leave it out, and give the host of a server")
                ])
        }
        // Of this environment: another one's has no folder by this name.
        inputs.host = instances(instance, request.environment)
        inputs.port = PostgresInstanceDriver.port
        return inputs
    }

    /// What an environment's end, or a definition's change, must not take along unless somebody said so, in words.
    func heldData(
        _ database: ServerDatabase, _ names: PostgresNames, _ inputs: PostgresInputs, _ request: DriverRequest
    ) async throws(DriverError) -> String? {
        switch (database.isOpen, database.mark) {
        case (true, _): try await HeldData.find(in: names.database, inputs, for: request)
        // Half made: nobody has been there yet.
        case (false, nil): nil
        case (false, _): "it lets nobody in who could look"
        }
    }

    func refusal(
        _ held: String, _ names: PostgresNames, _ inputs: PostgresInputs, _ request: DriverRequest
    ) -> DriverError {
        DriverError(
            code: "DRV-309",
            message:
                "\(request.identity): the database '\(names.database)' on \(inputs.host):\(inputs.port) is not dropped, since it "
                + "holds data (\(held)); save what is needed, then delete with force=true, or detach the resource to keep the database",
            kind: .refused)
    }

    func result(_ inputs: PostgresInputs, _ names: PostgresNames, password: String) -> DriverResult {
        DriverResult(
            values: [
                "host": .string(inputs.outputsHost), "port": .int(Int64(inputs.outputsPort)),
                "name": .string(names.database), "database": .string(names.database), "username": .string(names.role),
            ],
            secrets: ["password": .string(password)],
            cookie: ["database": .string(names.database), "username": .string(names.role)])
    }

    /// The role's password, and whether the broker had none before.
    func keptPassword(
        _ inputs: PostgresInputs, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> (password: String, isNew: Bool) {
        let made = Flag()
        do {
            let password = try await context.keepSecret(inputs.passwordVersion.map { "password-\($0)" } ?? "password") {
                made.raise()
                return Self.password(from: context.randomBytes(32))
            }
            return (password, made.isRaised)
        } catch {
            throw DriverError(
                code: "DRV-306", message: "\(request.identity): the broker did not keep the password: \(error)", kind: .transient)
        }
    }

    /// 32 characters of 6 bits each, none of which needs quoting in a URL, a shell or a file.
    static func password(from bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        return String(bytes.map { alphabet[Int($0 & 63)] })
    }

    private final class Flag: Sendable {
        private let value = Atomic(false)
        func raise() { value.store(true, ordering: .relaxed) }
        var isRaised: Bool { value.load(ordering: .relaxed) }
    }
}
