import PlatformModel
import PureDrivers

/// What a driver may use beside its request: the clock, randomness, the broker's shelf and the people who watch.
package struct DriverContext: Sendable {
    /// Keeps a generated secret in the broker before the effect that uses it: returns the stored value. `make` is called
    /// only when none is stored under `name` yet; the name is within the resource.
    package var keepSecret: @Sendable (_ name: String, _ make: @Sendable () -> String) async throws -> String
    /// Keeps a cookie for the next call before this one has ended, so that it outlives a lost attempt.
    package var keepCookie: @Sendable (JSON) async throws -> Void
    /// One line of progress for people (masked by the caller).
    package var progress: @Sendable (String) -> Void
    /// One line of driver output for the log aggregator (masked by the caller).
    package var log: @Sendable (String) -> Void
    package var now: @Sendable () -> Timestamp
    /// That many bytes, fit for keys.
    package var randomBytes: @Sendable (Int) -> [UInt8]
    /// Where a driver keeps a large state of its own; nil where nobody gives it such a place.
    package var states: (any StateShelf)?
    /// Of a look: what was found as the resource's type has it, which is how it is kept. A `plan` takes what it finds through this
    /// before it compares.
    package var typed: @Sendable (DriverResult) -> DriverResult = { $0 }

    package init(
        keepSecret: @escaping @Sendable (_ name: String, _ make: @Sendable () -> String) async throws -> String,
        keepCookie: @escaping @Sendable (JSON) async throws -> Void,
        progress: @escaping @Sendable (String) -> Void, log: @escaping @Sendable (String) -> Void,
        now: @escaping @Sendable () -> Timestamp, randomBytes: @escaping @Sendable (Int) -> [UInt8],
        states: (any StateShelf)? = nil
    ) {
        self.keepSecret = keepSecret
        self.keepCookie = keepCookie
        self.progress = progress
        self.log = log
        self.now = now
        self.randomBytes = randomBytes
        self.states = states
    }
}
