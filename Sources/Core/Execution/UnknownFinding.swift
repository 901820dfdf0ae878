/// What people found, or decided, about a step whose outcome was unknown. It is never tried again without such a word.
package enum UnknownFinding: String, Sendable, Codable, CaseIterable {
    /// Try it once more, whatever stands: the driver copes with both.
    case retry
    /// What the step is about stands in the real system.
    case stands
    /// It is not there.
    case gone

    package enum Consequence: Sendable, Hashable {
        /// The step did what it was for.
        case settled
        /// It did not: its next attempt is made.
        case again
    }

    /// - Parameter removes: the step was to take something away (`destroy`, `remove`), not to make it.
    package func consequence(removes: Bool) -> Consequence {
        switch (self, removes) {
        case (.stands, false), (.gone, true): .settled
        case (.retry, _), (.stands, true), (.gone, false): .again
        }
    }
}
