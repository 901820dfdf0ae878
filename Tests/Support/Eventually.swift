/// Polls `condition` until it gives a value, for state that signals nothing; fails the test by throwing when the time is over.
/// - Parameters:
///   - limit: The longest wait.
///   - pause: Between two looks; longer where a look costs much.
///   - what: What is waited for, for the error.
@discardableResult
package func eventually<Value>(
    within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(5), _ what: String = "the condition",
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Value?
) async throws -> Value {
    let deadline = ContinuousClock.now + limit
    while true {
        if let value = try await condition() { return value }
        guard ContinuousClock.now < deadline else { throw NeverHappened(what: what, limit: limit) }
        // The one poll of the tests.
        try await Task.sleep(for: pause)
    }
}

/// The same for a yes or no.
package func eventually(
    within limit: Duration = .seconds(60), every pause: Duration = .milliseconds(5), _ what: String = "the condition",
    isolation: isolated (any Actor)? = #isolation, _ condition: () async throws -> Bool
) async throws {
    let _: Void = try await eventually(within: limit, every: pause, what) { try await condition() ? () : nil }
}

package struct NeverHappened: Error, CustomStringConvertible {
    let what: String
    let limit: Duration
    package var description: String { "\(what) did not come true within \(limit)" }
}
