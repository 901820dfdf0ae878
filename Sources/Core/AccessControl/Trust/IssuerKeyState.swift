/// What is known of an issuer's keys, and when it is asked for them again. Times are seconds of a clock that only goes forward.
package struct IssuerKeyState: Sendable, Hashable {
    /// So long keys are used without asking; a key that is not among them is asked for sooner, but not each time that somebody names one.
    package static let freshSeconds = 600.0
    package static let unknownKeySeconds = 30.0
    /// After a failure.
    package static let retrySeconds = 10.0
    /// An issuer that does not answer is believed by its last keys for so long.
    package static let longestSeconds = 3600.0

    package enum Step: Sendable, Hashable {
        case use(KeySet)
        case fetch
        /// It was asked a moment ago, without success.
        case refuse(String)
    }

    private var keys: KeySet?
    private var fetchedAt = -Double.infinity
    package private(set) var triedAt = -Double.infinity
    private var failure = "it was never asked"

    package init() {}

    /// - Parameter isKnown: Whether a set has the key that is looked for.
    package func step(at now: Double, isKnown: (KeySet) -> Bool) -> Step {
        let age = now - fetchedAt, sinceTry = now - triedAt
        if let keys, age < Self.freshSeconds, isKnown(keys) || sinceTry < Self.unknownKeySeconds { return .use(keys) }
        let pause = keys != nil && age < Self.freshSeconds ? Self.unknownKeySeconds : Self.retrySeconds
        if sinceTry >= pause { return .fetch }
        if let keys, age < Self.longestSeconds { return .use(keys) }
        return .refuse(failure)
    }

    package mutating func began(at now: Double) { triedAt = now }

    package mutating func got(_ set: KeySet, at now: Double) { (keys, fetchedAt) = (set, now) }

    /// - Returns: The last keys, while they count.
    package mutating func failed(_ reason: String, at now: Double) -> KeySet? {
        failure = reason
        return now - fetchedAt < Self.longestSeconds ? keys : nil
    }
}
