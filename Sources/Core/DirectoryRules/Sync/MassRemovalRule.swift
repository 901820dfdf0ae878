/// From how many people at once a synchronisation takes nothing without a confirmation.
package struct MassRemovalRule: Sendable, Hashable {
    /// Up to so many are usual, however few people there are.
    package var usualPeople: Int
    /// Up to this part of everyone is usual.
    package var usualPercent: Int

    package init(usualPeople: Int = 5, usualPercent: Int = 20) {
        self.usualPeople = usualPeople
        self.usualPercent = usualPercent
    }

    package func isMass(_ count: Int, of all: Int) -> Bool { count > usualPeople && count * 100 > all * usualPercent }
}
