import FaultPoints
import Postgres

/// The broker's fault points, listed by `--fault-points`.
package enum BrokerFaults {
    /// The value is stored, the writer was not told.
    static let afterWrite = FaultPoint("broker.afterWrite")
    static let beforeRead = FaultPoint("broker.beforeRead")

    /// Entries are hashed, nothing of it is written.
    static let beforeSeal = FaultPoint("broker.beforeSeal")
    /// Entries are sealed; the signed end is in the database alone.
    static let afterSeal = FaultPoint("broker.afterSeal")

    /// What the secret is for: grants of actions are named `DEPLOYMENT.VERB.NODE`, those that workloads keep `standing.NODE`.
    static func verb(ofGrant grant: String?) -> String {
        guard let words = grant?.split(separator: "."), words.count >= 2 else { return "definition" }
        return String(words.count == 2 ? words[0] : words[1])
    }

    package static let all = [afterWrite, beforeRead, beforeSeal, afterSeal] + PostgresFaults.all
}
