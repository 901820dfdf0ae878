import TestSupport
import Testing

@Suite struct ProgramTests {
    @Test(arguments: [
        (["migrat"], "migrat"), (["migrate", "--confg", "x"], "--confg"), (["org"], "create"), (["org", "create"], "<id>"),
        (["org", "create", "acme", "--expires-in-days", "many"], "many"),
    ]) func wrongArguments(_ words: [String], _ names: String) async throws {
        let run = try await CommandRun([ProgramProcess.folder + "/martlet-admin"] + words)
        #expect(words == ["org"] || run.code == 2, "\(run.code)")
        #expect((run.output + run.error).contains(names), "\(run)")
    }

    @Test func aConfigurationThatIsNotThere() async throws {
        let run = try await CommandRun([ProgramProcess.folder + "/martlet-admin", "migrate", "--config", "/nowhere/admin.yaml"])
        #expect(run.code == 2 && run.error.contains("/nowhere/admin.yaml: CONF-101"), "\(run.error)")
    }

    /// The rooms are away: nothing was made, the error says which room and where.
    @Test func organizationsNeedTheRooms() async throws {
        let fixture = try await AdminFixture()
        let run = try await fixture.run("org", "create", "acme", "--token", "demo")
        #expect(run.code == 1 && run.output == "", "\(run)")
        #expect(run.error.hasPrefix("error: orchestrator cannot be reached: "), "\(run.error)")
    }
}
