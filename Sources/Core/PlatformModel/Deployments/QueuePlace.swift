/// The place of a run that waits for its turn in its environment's queue.
package struct QueuePlace: Sendable, Hashable, CustomStringConvertible {
    /// From 1.
    package var position: Int
    /// The run that it comes after.
    package var behind: String?

    package init(position: Int, behind: String?) {
        self.position = position
        self.behind = behind
    }

    /// `2nd in the queue, behind 0123`.
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
    }
}
