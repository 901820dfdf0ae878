import Execution
import Testing

/// Who gets the next steps of the queue.
@Suite struct ClaimChoiceTests {
    private static let wide = ClaimChoice.Bounds(perOrganization: 100, perEnvironment: 100, perDriver: 100)

    private func line(
        _ organization: String, _ run: String = "r", _ driver: String = "echo", due: Int, held: Int = 0, since: Int64 = 0
    ) -> ClaimChoice.Line {
        ClaimChoice.Line(organization: organization, run: run, driver: driver, due: due, held: held, since: since)
    }

    private func counts(_ shares: [ClaimChoice.Share]) -> [String: Int] {
        Dictionary(shares.map { ($0.line.organization, $0.count) }, uniquingKeysWith: +)
    }

    @Test func oneStepOfAQuietOrganisationComesBeforeAThousandOfANoisyOne() {
        let lines = [line("noisy", due: 1000, since: 1), line("quiet", due: 1, since: 2)]
        // The very next slot, whatever the noisy one holds already.
        let busy = [line("noisy", due: 1000, held: 31, since: 1), lines[1]]
        #expect(counts(ClaimChoice.shares(of: busy, free: 1, bounds: Self.wide)) == ["quiet": 1])
        #expect(counts(ClaimChoice.shares(of: lines, free: 8, bounds: Self.wide)) == ["noisy": 7, "quiet": 1])
    }

    @Test func theOldestComesFirstWhereAllAreEven() {
        let lines = [line("b", due: 1, since: 5), line("a", due: 1, since: 9)]
        #expect(counts(ClaimChoice.shares(of: lines, free: 1, bounds: Self.wide)) == ["b": 1])
    }

    @Test func boundsHoldForWhatIsHeldAlready() {
        var bounds = Self.wide
        bounds.perOrganization = 10
        bounds.perEnvironment = 6
        bounds.perDriver = 5
        bounds.drivers = ["postgres": 2]
        let lines = [
            line("a", "one", "echo", due: 50, held: 1), line("a", "one", "postgres", due: 50), line("a", "two", "", due: 50),
        ]
        let shares = ClaimChoice.shares(of: lines, free: 100, bounds: bounds)
        let got = Dictionary(uniqueKeysWithValues: shares.map { ($0.line, $0.count) })
        #expect(shares.reduce(0) { $0 + $1.count } == 9, "ten of the organisation, one of them held: \(shares)")
        #expect(got[lines[1], default: 0] <= 2 && got[lines[0], default: 0] <= 4)
        #expect(got[lines[0], default: 0] + got[lines[1], default: 0] <= 5, "six of the environment, one held")
        #expect(got[lines[2], default: 0] <= 6)
    }

    @Test func nothingIsGivenWithoutSlotsOrSteps() {
        #expect(ClaimChoice.shares(of: [line("a", due: 5)], free: 0, bounds: Self.wide).isEmpty)
        #expect(ClaimChoice.shares(of: [line("a", due: 0)], free: 5, bounds: Self.wide).isEmpty)
        #expect(ClaimChoice.shares(of: [], free: 5, bounds: Self.wide).isEmpty)
    }

    /// Whatever waits and is held: the bounds hold, no slot stays free that somebody may have, and nobody who could have had one more
    /// holds two fewer than one who was given some.
    @Test(arguments: 0..<300) func sharesAreBoundedCompleteAndFair(seed: Int) {
        var random = Numbers(seed: UInt64(seed))
        let bounds = ClaimChoice.Bounds(
            perOrganization: random.below(12) + 1, perEnvironment: random.below(8) + 1, perDriver: random.below(10) + 1,
            drivers: ["d0": random.below(4) + 1])
        var lines: [ClaimChoice.Line] = []
        for organization in 0...random.below(4) {
            for run in 0...random.below(3) {
                for driver in 0...random.below(3) {
                    lines.append(
                        line(
                            "o\(organization)", "r\(run)", driver == 3 ? "" : "d\(driver)", due: random.below(20),
                            held: random.below(3), since: Int64(random.below(5))))
                }
            }
        }
        let free = random.below(40)
        let shares = ClaimChoice.shares(of: lines, free: free, bounds: bounds)
        let given = shares.reduce(0) { $0 + $1.count }
        #expect(given <= free && shares.allSatisfy { $0.count <= $0.line.due })
        func total(_ pick: (ClaimChoice.Line) -> Bool) -> (before: Int, after: Int) {
            let before = lines.filter(pick).reduce(0) { $0 + $1.held }
            return (before, before + shares.filter { pick($0.line) }.reduce(0) { $0 + $1.count })
        }
        func limit(_ driver: String) -> Int { driver.isEmpty ? .max : bounds.drivers[driver] ?? bounds.perDriver }
        func mayTakeMore(_ line: ClaimChoice.Line) -> Bool {
            let taken = shares.first { $0.line == line }?.count ?? 0
            return taken < line.due && total { $0.organization == line.organization }.after < bounds.perOrganization
                && total { $0.organization == line.organization && $0.run == line.run }.after < bounds.perEnvironment
                && total { $0.driver == line.driver }.after < limit(line.driver)
        }
        for share in shares {
            let line = share.line
            #expect(total { $0.organization == line.organization }.after <= bounds.perOrganization)
            #expect(total { $0.organization == line.organization && $0.run == line.run }.after <= bounds.perEnvironment)
            #expect(total { $0.driver == line.driver }.after <= limit(line.driver))
        }
        if given < free { #expect(!lines.contains(where: mayTakeMore), "a slot stays free: \(lines) \(shares)") }
        for starved in lines where mayTakeMore(starved) {
            let mine = total { $0.organization == starved.organization }.after
            for share in shares where share.line.organization != starved.organization {
                let theirs = total { $0.organization == share.line.organization }.after
                #expect(theirs <= mine + 1, "\(share.line.organization) was given more than \(starved.organization)")
            }
        }
    }
}

/// Numbers that follow from a seed (SplitMix64).
private struct Numbers {
    var state: UInt64
    init(seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 }

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
