import FaultPoints
import Postgres

/// The log aggregator's fault points, listed by `--fault-points`.
package enum LogsFaults {
    static let beforeInsert = FaultPoint("logs.beforeInsert")
    /// The lines are stored, the sender was not told.
    static let afterInsert = FaultPoint("logs.afterInsert")
    /// An environment's end is noted, its lines are still there.
    static let afterEnding = FaultPoint("logs.afterEnding")

    package static let all = [beforeInsert, afterInsert, afterEnding] + PostgresFaults.all
}
