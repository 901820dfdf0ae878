import PlatformModel
import Testing

@testable import Orchestrator

/// How long it counts that a run's people may go on.
@Suite struct AllowedRunsTests {
    private func run(_ id: String, by principal: String) -> DeploymentStore.Run {
        let now = Timestamp(milliseconds: 0)
        let deployment = Deployment(
            id: id, envID: "dev", setID: "", deltaID: nil, fromID: "", comment: "", createdAt: now, createdBy: principal,
            status: .inProgress, statusChangedAt: now, mode: .full)
        return DeploymentStore.Run(deployment: deployment, appID: "shop", kind: .deploy)
    }

    @Test func anAnswerIsForOneRunOfOneOrganisationAndWhoStandsForIt() {
        let runs = AllowedRuns(for: .seconds(3600))
        runs.insert(run("a", by: "alice"), org: "acme")
        #expect(runs.contains(run("a", by: "alice"), org: "acme"))
        #expect(!runs.contains(run("b", by: "alice"), org: "acme"))
        #expect(!runs.contains(run("a", by: "alice"), org: "other"), "ids are unique in their organisation only")
        #expect(!runs.contains(run("a", by: "bob"), org: "acme"), "a retry is whose who asked for it")
    }

    @Test func withoutATimeEachStepAsks() {
        let runs = AllowedRuns(for: .zero)
        runs.insert(run("a", by: "alice"), org: "acme")
        #expect(!runs.contains(run("a", by: "alice"), org: "acme"))
    }
}
