import Glibc
import PlatformModel
import Postgres
import Synchronization
import TestSupport
import Testing

/// Every point × fault × verb against the real programs: the life of an environment for each point and fault, in which the fault
/// comes once for each verb that passes the point. Two orchestrators, so that one takes over from the other.
final class FaultMatrix: Sendable {
    /// What became of a combination.
    enum Cell: Sendable {
        case passed
        case failed
    }

    /// Longer than every lease here: two heartbeats of a second, and what the other needs to notice.
    private static let pause = Duration.milliseconds(2600)

    private let appliance: Appliance
    private let second: FurtherRoom
    private let tenant: PostgresConnection
    private let database: PostgresConnection
    private let lives = Mutex(0)
    private let cells = Mutex<[Fault: [String: Cell]]>([:])
    /// Which verbs passed a point in any life.
    private let reached = Mutex<Set<[String]>>([])
    /// Which points and verbs an undisturbed life passes in its phases, and not when it is only made, deployed and deleted.
    private let passed = Mutex<[FaultPhase: Set<[String]>]>([:])
    private let fired = Mutex(0)
    private let failures = Mutex<[String]>([])

    init() async throws {
        appliance = try await Appliance.shared()
        second = try await FurtherRoom(.orchestrator, appliance)
        tenant = try await appliance.tenant.superuser()
        database = try await PostgresConnection.connect(PostgresConfiguration(dsn: appliance.dsn()))
        try await FaultLife.watchFences(database)
        try await FaultLife.prepare(appliance)
    }

    /// Leaves the appliance as it was.
    func end() async throws {
        try appliance.faults.disarm()
        try await second.end()
        try await FaultLife.unwatchFences(database)
        try await FaultLife.leave(appliance)
        await database.close()
        await tenant.close()
    }

    /// The life of an environment whom nothing befalls: notes which points and verbs it passes, and when.
    func undisturbed() async throws {
        let always = Mutex<Set<[String]>>([])
        try appliance.faults.arm([])
        try await live(under: nil, Set(FaultPhase.allCases)) { [self] phase in
            let here = appliance.faults.reached()
            appliance.faults.forgetReached()
            reached.withLock { $0.formUnion(here) }
            if let phase { passed.withLock { $0[phase] = here } } else { always.withLock { $0.formUnion(here) } }
        }
        passed.withLock { passed in passed = passed.mapValues { here in here.subtracting(always.withLock { $0 }) } }
    }

    /// The phases in which a point is passed by a verb that does not pass it otherwise: elsewhere its fault has come already.
    private func phases(of fault: Fault) -> Set<FaultPhase> {
        if fault.isForEach { return Set(FaultPhase.allCases) }
        let point = fault.point, passed = passed.withLock { $0 }
        var phases = Set(FaultPhase.allCases.filter { passed[$0]?.contains { $0[0] == point } == true })
        // What is collected is what the change leaves behind.
        if phases.contains(.collect) { phases.insert(.change) }
        return phases
    }

    /// One environment's life under a fault.
    func live(under fault: Fault, isShort: Bool) async throws {
        try appliance.faults.arm([fault])
        try await live(under: fault, isShort ? FaultPhase.core : phases(of: fault)) { _ in }
    }

    private func live(
        under fault: Fault?, _ phases: Set<FaultPhase>, _ ended: @escaping @Sendable (FaultPhase?) -> Void
    ) async throws {
        let number = lives.withLock { count in
            count += 1
            return count
        }
        let isAboutTerraform = fault.map { $0.point.hasPrefix("runner.terraform.") } ?? true
        let life = try await FaultLife(
            "m\(number)", fault?.kind ?? .crash, appliance, tenant: tenant, database: database,
            hasBox: FaultLife.hasTerraform && isAboutTerraform)
        let begun = ContinuousClock.now, signsIn = fault == nil || fault?.point == "gateway.afterTokenInsert"
        var problems: [String] = []
        do {
            try await withThrowingTaskGroup(of: Void.self) { group in
                if let fault { group.addTask { try await self.rescue(fault) } }
                group.addTask { try await life.run(signsIn: signsIn, phases: phases, ended: ended) }
                // The life ends first: a rescue goes on until then.
                try await group.next()
                group.cancelAll()
            }
        } catch { problems.append("\(error)") }
        try appliance.faults.disarm()
        if let fault { try await wakeAll(fault) }
        problems += life.problems
        reached.withLock { $0.formUnion(appliance.faults.reached()) }
        let hits = try fault.map { try appliance.faults.hits(of: $0.point) } ?? []
        let verbs = Set(hits.map(\.verb)).sorted()
        fired.withLock { $0 += hits.count }
        if let fault {
            cells.withLock { cells in
                for verb in verbs { cells[fault, default: [:]][verb] = problems.isEmpty ? .passed : .failed }
            }
        }
        let seconds = (ContinuousClock.now - begun).components.seconds
        print(
            "   \(fault?.description ?? "no fault"): \(verbs.joined(separator: " ")) \(problems.isEmpty ? "" : "FAILED") \(seconds) s"
        )
        if !problems.isEmpty {
            failures.withLock {
                $0.append("\(fault?.description ?? "no fault") in m\(number): " + problems.joined(separator: "; "))
            }
            for problem in problems { print("      \(problem)") }
        }
    }

    /// Starts what was killed, wakes what stands still, until it is cancelled.
    private func rescue(_ fault: Fault) async throws {
        var seen: Set<FaultControl.Hit> = []
        try await eventually(within: .seconds(1800), every: .milliseconds(20), "the end of the life") {
            for hit in try appliance.faults.hits(of: fault.point) where seen.insert(hit).inserted {
                switch fault.kind {
                case .crash: try await revive(hit.pid)
                case .stop:
                    let end = ContinuousClock.now + Self.pause
                    try await eventually("the end of the lease") { ContinuousClock.now > end }
                    kill(hit.pid, SIGCONT)
                case .fail, .lie: break
                }
            }
            return Task.isCancelled
        }
    }

    /// What the rescue was cancelled over; then all are there again.
    private func wakeAll(_ fault: Fault) async throws {
        for hit in try appliance.faults.hits(of: fault.point) {
            if fault.kind == .crash { try await revive(hit.pid) }
            if fault.kind == .stop { kill(hit.pid, SIGCONT) }
        }
        for room in RoomName.allCases { try await appliance.untilReady(room) }
        try await second.untilReady()
    }

    /// Starts again what had this number. Whether it comes up is not waited for: it may meet its next fault on the way.
    private func revive(_ pid: pid_t) async throws {
        if second.pid == pid { return try await second.startAgain() }
        for room in RoomName.allCases where try appliance.process(room).pid == pid {
            try await appliance.exit(of: room)
            try appliance.start(room)
        }
    }

    // MARK: What came of it

    var problems: [String] { failures.withLock { $0 } }
    var verbsByPoint: [String: Set<String>] {
        reached.withLock { Dictionary(grouping: $0, by: { $0[0] }).mapValues { Set($0.map { $0[1] }) } }
    }

    /// A line for each point and verb that ever met, a column for each fault; then what never meets, and the counts.
    func table(of points: [String]) -> String {
        let cells = cells.withLock { $0 }, met = verbsByPoint, verbs = Set(met.values.joined()).sorted()
        let faults = cells.keys.sorted { $0.place < $1.place }
        var lines = [Self.row(["point", "verb"] + FaultKind.allCases.map(\.rawValue))], counts: [String: Int] = [:]
        var rows: [(String, String)] = []
        for place in Set(faults.map(\.place)).sorted() {
            let own = faults.filter { $0.place == place }
            for verb in Set(own.flatMap { cells[$0]?.keys.map(\.self) ?? [] }).sorted() { rows.append((place, verb)) }
        }
        for (place, verb) in rows {
            let words = FaultKind.allCases.map { kind in
                let fault = faults.first { $0.place == place && $0.kind == kind }
                let word =
                    switch fault.flatMap({ cells[$0]?[verb] }) {
                    case .passed: "passed"
                    case .failed: "FAILED"
                    case nil: "-"
                    }
                counts[word, default: 0] += 1
                return word
            }
            lines.append(Self.row([place, verb] + words))
        }
        lines.append("never met, in any of \(lives.withLock { $0 }) lives:")
        for point in points {
            let missing = verbs.filter { met[point]?.contains($0) != true }
            counts["never met", default: 0] += missing.count
            lines.append("   \(point): \(missing.joined(separator: " "))")
        }
        lines.append(
            "\(fired.withLock { $0 }) faults; \(counts["passed", default: 0]) passed, \(counts["FAILED", default: 0]) failed, \(counts["-", default: 0]) did not come up, "
                + "\(counts["never met", default: 0]) pairs of a point and a verb never meet")
        return lines.joined(separator: "\n")
    }

    private static func row(_ words: [String]) -> String {
        zip(words, [34, 12, 8, 8, 8, 8]).map { word, width in
            word + String(repeating: " ", count: max(1, width - word.count))
        }.joined()
    }
}
