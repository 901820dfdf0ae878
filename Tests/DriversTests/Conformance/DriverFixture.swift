import Drivers
import PlatformModel
import PureDrivers

/// One resource of one driver, as the suite needs it.
struct DriverFixture: Sendable {
    /// Somebody changes the real thing by hand.
    struct Meddling: Sendable {
        var name: String
        var meddle: @Sendable () async throws -> Void
        /// The paths of the changes that a plan tells; nil: that it is not there.
        var paths: [String]?
        /// Whether `provision` brings it back; what it must not touch it refuses.
        var isRepaired = true
    }

    /// Where an earlier attempt's effect can be recognised.
    enum Mark: Sendable {
        /// Nothing stands outside: the result follows from the inputs and from what the broker keeps.
        case inputs
        /// In the real system, in these words; what is read there now names the resource by its GUResID. Nil when nothing is there.
        case system(String, read: @Sendable () async throws -> String?)
        /// Nowhere: a lost step stays `unknown`.
        case nowhere
    }

    /// A value of the driver, as each start of a runner makes one.
    var make: @Sendable () async throws -> any Driver
    /// Succeeds; without cookie, with a secret of at least 12 characters where the driver takes secrets.
    var request: DriverRequest
    /// The same resource after its definition or params have changed.
    var changed: DriverRequest
    /// A request with several mistakes, and all of them: `code path`.
    var wrong: DriverRequest
    var problems: Set<String>
    var mark: Mark
    /// Changes of the real thing behind our back, and what a plan says of each then; empty where nothing stands outside.
    var meddlings: [Meddling] = []
    /// Ends what the fixture started.
    var end: @Sendable () async -> Void = {}
}
