/// The place of a run that waits for its turn in its environment's queue.
package struct QueuePlace: Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    package var position: Int
    /// Why the first one cannot begin though nothing runs before it.
    package enum Hold: String, Sendable, Hashable {
        case suspended, deleting
        case runningDeployments = "running_deployments"

        package var words: String {
            switch self {
            case .suspended: "the organization is suspended"
            case .deleting: "the organization is being deleted"
            case .runningDeployments: "the organization runs as many deployments as its limit allows"
            }
        }
    }

    /// The run that it comes after.
    package var behind: String?
    package var hold: Hold?

    package init(position: Int, behind: String?, hold: Hold? = nil) {
        self.position = position
        self.behind = behind
        self.hold = hold
    }

    /// `2nd in the queue, behind 0123`; `1st in the queue: the organization is suspended`.
    package var description: String {
        let ending =
            switch (position % 10, position % 100) {
            case (_, 11...13): "th"
            case (1, _): "st"
            case (2, _): "nd"
            case (3, _): "rd"
            default: "th"
            }
        return "\(position)\(ending) in the queue" + (behind.map { ", behind \($0)" } ?? "")
            + (hold.map { ": \($0.words)" } ?? "")
    }
}
