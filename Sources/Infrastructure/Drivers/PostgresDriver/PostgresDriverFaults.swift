import FaultPoints
import PureDrivers

/// The fault points inside the driver's effect; the program that runs it lists them with its own.
package enum PostgresDriverFaults {
    /// The role stands, the database does not.
    static let afterRole = FaultPoint("runner.postgres.afterRole")
    /// The database stands and carries no mark yet.
    static let afterDatabase = FaultPoint("runner.postgres.afterDatabase")
    /// The database is dropped, the role is not.
    static let afterDrop = FaultPoint("runner.postgres.afterDrop")

    package static let all = [afterRole, afterDatabase, afterDrop]
}

func reach(_ point: FaultPoint) async throws(DriverError) {
    do { try await point.reach() } catch {
        throw DriverError(code: "DRV-307", message: "\(error)", kind: .unknown)
    }
}
