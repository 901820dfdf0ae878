import Execution
import Testing

@Suite struct UnknownFindingTests {
    /// Every finding about every kind of step.
    @Test(arguments: [
        (UnknownFinding.retry, false, UnknownFinding.Consequence.again), (.retry, true, .again), (.stands, false, .settled),
        (.stands, true, .again), (.gone, false, .again), (.gone, true, .settled),
    ])
    func consequences(finding: UnknownFinding, removes: Bool, consequence: UnknownFinding.Consequence) {
        #expect(finding.consequence(removes: removes) == consequence)
    }
}
