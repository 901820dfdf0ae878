import Execution
import PlatformModel
import Postgres

/// Writes what became of steps, and what follows from it, in one transaction: the steps, what their callers add, the steps that are
/// free now, or the end of the run. Steps of one organisation that end at the same moment share it; each is decided by its own fence.
///
/// `RunMachine` says what follows from what; the statements of `StepStore` do the same without reading the whole run.
struct StepRecorder: Sendable {
    let database: PostgresPool
    private let commits: GroupCommit<End, Void>

    /// Ends of one transaction.
    private static let together = 64

    /// - Parameter places: of the engine whose steps end.
    init(database: PostgresPool, plans: PlanCache, places: EnginePlaces) {
        self.database = database
        let ends = StepEnds(plans: plans, places: places, database: database)
        commits = GroupCommit(limit: Self.together) { org, items in
            let outcome = try await database.withOrg(org) { transaction in
                try await ends.write(items, orgID: org, transaction)
            }
            places.pass(outcome.passed)
            return outcome.results
        }
    }

    enum Ending: Sendable {
        /// With the steps that come next, when a plan ended.
        case succeeded(outputs: JSON?, next: [StepStore.Step])
        case failed(StepFailure)
        /// Never begun, since its run was stopped.
        case withdrawn
    }

    typealias Change = @Sendable (PostgresTransaction) async throws -> Void

    /// One step's end.
    struct End: Sendable {
        var claim: StepStore.Claim
        var ending: Ending
        /// That it was begun, where no event says so yet.
        var started: EventStore.Entry?
        /// The resource that it made, for the record.
        var made: ActiveResourceStore.Record?
        /// The resource that it destroyed, to be taken off the record.
        var gone: ActiveResource?
        var change: Change?
    }

    /// - Parameters:
    ///   - started: That it was begun, where no event says so yet.
    ///   - made: The resource that it made, for the record; written only when the claim is still ours.
    ///   - gone: The resource that it destroyed, taken off the record under the same condition.
    ///   - change: What else the end changes, under the same condition.
    /// - Throws: `LostClaim`, and then nothing was written.
    func end(
        _ claim: StepStore.Claim, _ ending: Ending, started: EventStore.Entry? = nil, made: ActiveResourceStore.Record? = nil,
        gone: ActiveResource? = nil, change: Change? = nil
    ) async throws {
        try await commits.submit(
            End(claim: claim, ending: ending, started: started, made: made, gone: gone, change: change), org: claim.orgID)
    }
}
