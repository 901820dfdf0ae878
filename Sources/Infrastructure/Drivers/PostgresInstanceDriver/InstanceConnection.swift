import PlatformModel
import Postgres
import PureDrivers

/// The runner's way to a private cluster: as its administrator, by its socket.
struct InstanceConnection: Sendable {
    enum Refusal: Sendable, Hashable {
        /// It answers, and not to this password.
        case password
        /// It does not answer.
        case silence
    }

    private let inputs: PostgresInputs
    private let request: DriverRequest

    init(sockets: String, password: String, request: DriverRequest) {
        inputs = PostgresInputs(
            host: sockets, port: PostgresInstanceDriver.port, user: PostgresInstanceDriver.user, password: password,
            maintenanceDatabase: "postgres", sslMode: "disable", outputsHost: sockets, outputsPort: PostgresInstanceDriver.port,
            passwordVersion: nil, instance: request.guResID, dropsData: false)
        self.request = request
    }

    /// Nil: it lets the administrator in.
    func refusal() async -> Refusal? {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(inputs.configuration())
            await connection.close()
            return nil
        } catch {
            // libpq 15 gives no SQLSTATE for a refused sign-in, only the server's words.
            let words = ["authentication failed", "is not permitted to log in"]
            return words.contains { error.message.contains($0) } ? .password : .silence
        }
    }

    /// What an environment's end must not take along unless somebody said so.
    ///
    /// - Throws: `DRV-805` for the first database that holds data.
    func refuseWhileDataIsHeld() async throws(DriverError) {
        for (database, isOpen) in try await databases() {
            let held = isOpen ? try await HeldData.find(in: database, inputs, for: request) : "it lets nobody in who could look"
            guard let held else { continue }
            throw DriverError(
                code: "DRV-805",
                message:
                    "\(request.identity): the cluster is not removed, since its database '\(database)' holds data (\(held)); save "
                    + "what is needed, then delete with force=true, or detach the resource to keep the cluster", kind: .refused)
        }
    }

    /// By name, and whether it lets anybody in.
    private func databases() async throws(DriverError) -> [(String, Bool)] {
        do throws(PostgresError) {
            let connection = try await PostgresConnection.connect(inputs.configuration())
            do throws(PostgresError) {
                // In a template, too, what somebody put there is theirs; template0 is as initdb left it.
                let rows = try await connection.query(
                    "SELECT datname AS name, datallowconn AS open FROM pg_database WHERE datname <> 'template0' ORDER BY 1")
                await connection.close()
                return try rows.map { row throws(PostgresError) in (try row.string("name"), try row.bool("open")) }
            } catch {
                await connection.close()
                throw error
            }
        } catch {
            throw DriverError(
                code: "DRV-802", message: "\(request.identity): its server does not answer: \(error)", kind: .transient)
        }
    }
}
