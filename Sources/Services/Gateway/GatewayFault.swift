import FaultPoints
import Postgres

/// Where a test can make this program fail.
package enum GatewayFault {
    /// A request was let in; no room has it yet.
    static let beforeForward = FaultPoint("gateway.beforeForward")
    /// A room has answered; the client has nothing yet.
    static let afterForward = FaultPoint("gateway.afterForward")
    /// A token is in the database; nobody has been told it.
    static let afterTokenInsert = FaultPoint("gateway.afterTokenInsert")

    package static let all = [beforeForward, afterForward, afterTokenInsert] + PostgresFaults.all
}
