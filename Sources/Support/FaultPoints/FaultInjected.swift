/// Thrown at a fault point that was chosen to fail.
package struct FaultInjected: Error, Sendable, Hashable, CustomStringConvertible {
    package let point: FaultPoint
    /// True for `lie`: the effect before this point was done.
    package let done: Bool

    package init(point: FaultPoint, done: Bool) {
        self.point = point
        self.done = done
    }

    package var description: String { "fault injected at \(point.name)" + (done ? " (done, reported as failed)" : "") }
}
