import PlatformModel
import PureDrivers

/// What a driver must do (architecture.md section 5).
///
/// One value of a driver serves all requests of a runner, many at a time. It keeps no state of its own: what it must
/// remember is in the cookie, in the broker, or in the real system.
package protocol Driver: Sendable {
    /// The name after the slash of a driver type: `echo`, `template`, `postgres`, `route`.
    var name: String { get }

    /// Whether an earlier attempt's effect can be found by key in the real system. If not, a lost step stays `unknown`.
    var canFind: Bool { get }

    /// The same of one request, where it depends on the inputs. Without it: `canFind`.
    func canFind(_ request: DriverRequest) -> Bool

    /// It finds what it did by what our database keeps for it, and not in the real system: what the database has lost is lost to it, too.
    /// Without it: no.
    var findsByOurRecords: Bool { get }

    /// Looks at the inputs only: no I/O, no effect. All problems at once; empty means that `provision` may be tried.
    func check(_ request: DriverRequest) -> [Problem]

    /// Creates or updates, idempotent: called again with the same request it changes nothing and answers the same.
    func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult

    /// Removes what `provision` made. What is already gone is done, not an error.
    func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError)

    /// Whether the resource stands, as the real system says; without effect.
    func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding

    /// What `provision` would change in the real system; without effect, and nothing is kept: `keepSecret` makes a value that is lost
    /// again where none is kept yet, and `keepCookie` does nothing. Without it: `find`, compared with `request.last`.
    func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan

    /// Whether `effects` says anything. Without it: no, and nobody asks.
    var canForesee: Bool { get }

    /// What an action would do to the single things of the real system, for people who read a plan before it is carried out; without
    /// effect, and nothing is kept, as in `plan`. The request has the inputs of that action. Nil: nothing beyond what the plan says.
    func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects?

    /// Whether data of the organisation's is in the resource, which its destruction takes along: such a one is never collected unless
    /// it is named. By the inputs alone, no I/O; the secrets are not there. Without it: yes.
    func holdsData(_ request: DriverRequest) -> Bool
}

/// What the real system says about a resource.
package enum Finding: Sendable, Hashable {
    /// It stands, with these outputs.
    case present(DriverResult)
    /// It is certain that it does not stand.
    case absent
    /// Nothing in the real system tells.
    case cannotTell
}

extension Driver {
    package func canFind(_ request: DriverRequest) -> Bool { canFind }

    package var canForesee: Bool { false }

    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? { nil }
    package var findsByOurRecords: Bool { false }
}
