/// Which steps of the queue are claimed next: as many as there are slots, within the bounds, and fair.
///
/// A turn goes to the organisation that holds the fewest, in it to the run that holds the fewest, in that to the driver that does; the
/// oldest where they are even. So one that has a thousand steps ready takes what is left over, and never another's turn.
package struct ClaimChoice: Sendable {
    /// Steps of the queue that bounds do not tell apart.
    package struct Line: Sendable, Hashable {
        package var organization: String
        /// The run that its environment has now: an environment runs one at a time.
        package var run: String
        /// Empty for steps without a driver, which have no bound by it.
        package var driver: String
        /// Steps that may be claimed now; those beyond what can be of interest need not be counted.
        package var due: Int
        /// Steps that some worker holds.
        package var held: Int
        /// When the oldest became due; only compared.
        package var since: Int64

        package init(organization: String, run: String, driver: String, due: Int, held: Int, since: Int64) {
            self.organization = organization
            self.run = run
            self.driver = driver
            self.due = due
            self.held = held
            self.since = since
        }
    }

    /// Steps at a time, of all workers together.
    package struct Bounds: Sendable, Hashable {
        package var perOrganization: Int
        package var perEnvironment: Int
        package var perDriver: Int
        /// For drivers that have a bound of their own: `postgres`.
        package var drivers: [String: Int]

        package init(perOrganization: Int, perEnvironment: Int, perDriver: Int, drivers: [String: Int] = [:]) {
            self.perOrganization = perOrganization
            self.perEnvironment = perEnvironment
            self.perDriver = perDriver
            self.drivers = drivers
        }

        fileprivate func limit(ofDriver driver: String) -> Int {
            driver.isEmpty ? .max : drivers[driver] ?? perDriver
        }
    }

    /// What a line gets.
    package struct Share: Sendable, Hashable {
        package var line: Line
        package var count: Int
    }

    private let bounds: Bounds
    private var lines: [Line]
    private var taken: [Int]
    private var organizations: [String: Int] = [:]
    private var runs: [String: Int] = [:]
    private var drivers: [String: Int] = [:]

    /// The shares of lines that get any; together at most `free`.
    package static func shares(of lines: [Line], free: Int, bounds: Bounds) -> [Share] {
        var choice = ClaimChoice(lines, bounds)
        for _ in 0..<max(free, 0) where !choice.takeOne() { break }
        return zip(choice.lines, choice.taken).filter { $0.1 > 0 }.map { Share(line: $0, count: $1) }
    }

    private init(_ lines: [Line], _ bounds: Bounds) {
        self.lines = lines
        self.bounds = bounds
        taken = lines.map { _ in 0 }
        for line in lines {
            organizations[line.organization, default: 0] += line.held
            runs[Self.run(line), default: 0] += line.held
            drivers[line.driver, default: 0] += line.held
        }
    }

    /// Gives one turn; false when nobody may have it.
    private mutating func takeOne() -> Bool {
        let candidates = lines.indices.filter(mayTake)
        guard let next = candidates.min(by: comesFirst) else { return false }
        let line = lines[next]
        taken[next] += 1
        organizations[line.organization, default: 0] += 1
        runs[Self.run(line), default: 0] += 1
        drivers[line.driver, default: 0] += 1
        return true
    }

    private func mayTake(_ index: Int) -> Bool {
        let line = lines[index]
        return taken[index] < line.due && organizations[line.organization, default: 0] < bounds.perOrganization
            && runs[Self.run(line), default: 0] < bounds.perEnvironment
            && drivers[line.driver, default: 0] < bounds.limit(ofDriver: line.driver)
    }

    private func comesFirst(_ left: Int, _ right: Int) -> Bool {
        let (one, other) = (lines[left], lines[right])
        let ranks = [
            (organizations[one.organization, default: 0], organizations[other.organization, default: 0]),
            (runs[Self.run(one), default: 0], runs[Self.run(other), default: 0]),
            (one.held + taken[left], other.held + taken[right]),
        ]
        for (mine, theirs) in ranks where mine != theirs { return mine < theirs }
        return (one.since, one.organization, one.run, one.driver) < (other.since, other.organization, other.run, other.driver)
    }

    /// Ids of runs are unique in their organisation only.
    private static func run(_ line: Line) -> String { line.organization + "/" + line.run }
}
