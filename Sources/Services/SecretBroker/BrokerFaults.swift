import FaultPoints

/// The broker's fault points, listed by `--fault-points`.
package enum BrokerFaults {
    /// The value is stored, the writer was not told.
    static let afterWrite = FaultPoint("broker.afterWrite")
    static let beforeRead = FaultPoint("broker.beforeRead")

    package static let all = [afterWrite, beforeRead]
}
