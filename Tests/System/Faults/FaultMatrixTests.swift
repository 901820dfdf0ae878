import FoundationEssentials
import Glibc
import TestSupport
import Testing

extension ApplianceTests {
    /// T1 to T8 of the acceptance list on the real programs; `MARTLET_FAULTS` says how much of it.
    @Suite struct FaultMatrixTests {
        /// Every point of every program: `--fault-points`.
        private static func points() async throws -> [String] {
            var points: Set<String> = []
            for room in RoomName.allCases {
                let run = try await CommandRun([ProgramProcess.folder + "/" + room.program, "--fault-points"])
                points.formUnion(run.output.split(separator: "\n").map(String.init))
            }
            return points.sorted()
        }

        /// Whatever is declared anywhere in the sources is a point that some program lists, and every one is used.
        @Test func everyPointIsListed() async throws {
            let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../Sources").standardized.path
            let listed = try await Self.points()
            var declared: Set<String> = [], text = ""
            let files = try FileManager.default.subpathsOfDirectory(atPath: root).filter { $0.hasSuffix(".swift") }
            for file in files { text += String(decoding: try Data(contentsOf: URL(filePath: root + "/" + file)), as: UTF8.self) }
            for match in text.matches(of: /static let (\w+) = FaultPoint\("([A-Za-z.]+)"\)/) {
                declared.insert(String(match.2))
                let isReached = [".reach", ")"].contains { text.contains(".\(match.1)\($0)") }
                #expect(isReached, "\(match.2) is declared and never reached")
            }
            #expect(listed == declared.sorted())
        }

        /// - `all`: every point and fault; `crash` (`stop`, `fail`, `lie`): every point with this one;
        /// - `each`: once for each step;
        /// - `runner.afterEffect=lie`, `postgres.afterCommit@2=crash`, `postgres.afterCommit@1-5=crash`: this one;
        /// - without it: the faults that stand for T3, T5, T7 and T8.
        private static func chosen(_ text: String, _ points: [String]) throws -> [Fault] {
            // The journal's writes are the same two points again and again: T4.
            let places = points.map { (point: $0, occurrences: $0.hasPrefix("postgres.") ? 1...5 : 1...1) }
            return try text.split(separator: ",").flatMap { word in
                if word == "all" {
                    return each
                        + FaultKind.allCases.flatMap { kind in
                            places.map { Fault(point: $0.point, occurrences: $0.occurrences, kind: kind) }
                        }
                }
                if let kind = FaultKind(rawValue: String(word)) {
                    return places.map { Fault(point: $0.point, occurrences: $0.occurrences, kind: kind) }
                }
                if word == "each" { return each }
                let parts = word.split(separator: "="), place = parts[0].split(separator: "@")
                let kind = try #require(parts.count == 2 ? FaultKind(rawValue: String(parts[1])) : nil, "\(word)")
                try #require(points.contains(String(place[0])), "\(word): no such point")
                guard place.count == 2 else { return [Fault(point: String(place[0]), kind: kind)] }
                let bounds = place[1].split(separator: "-").compactMap { Int($0) }
                let first = try #require(bounds.first, "\(word)"), last = bounds.last ?? first
                try #require(first >= 1 && last >= first, "\(word)")
                return [Fault(point: String(place[0]), occurrences: first...last, kind: kind)]
            }
        }

        /// T1 and T2 with workloads, and in every phase: each step of each node.
        private static let each = [
            Fault(point: "orchestrator.afterClaim", isForEach: true, kind: .fail),
            Fault(point: "runner.afterEffect", isForEach: true, kind: .lie),
            Fault(point: "runner.afterEffect", isForEach: true, kind: .crash),
        ]

        private static let few = [
            Fault(point: "postgres.afterCommit", occurrences: 2...2, kind: .lie),
            Fault(point: "runner.afterEffect", kind: .crash),
            Fault(point: "orchestrator.afterOrder", kind: .stop),
        ]

        /// The share of one of several processes, each with an appliance of its own (`MARTLET_FAULT_PART`, `2/3`). All kinds of a point
        /// go together, and so do the rows of the table; of the journal's, whose lives are long, each by itself.
        private static func part(_ text: String, of faults: [Fault]) throws -> [Fault] {
            let words = text.split(separator: "/").compactMap { Int($0) }
            try #require(words.count == 2 && words[1] >= 1 && (1...words[1]).contains(words[0]), "MARTLET_FAULT_PART: \(text)")
            var places: [String: Int] = [:]
            return faults.filter { fault in
                let name = fault.point.hasPrefix("postgres.") ? fault.description : fault.place
                let number = places[name] ?? places.count
                places[name] = number
                return number % words[1] == words[0] - 1
            }
        }

        @Test func everyDeploymentEndsAndEveryObjectIsOwnedOnce() async throws {
            let points = try await Self.points(), environment = ProcessInfo.processInfo.environment
            let text = environment["MARTLET_FAULTS"] ?? "", isShort = text.isEmpty
            let all = isShort ? Self.few : try Self.chosen(text, points)
            let faults = try environment["MARTLET_FAULT_PART"].map { try Self.part($0, of: all) } ?? all
            let matrix = try await FaultMatrix()
            print("   faults, and the verbs that they came at")
            try await matrix.undisturbed()
            let reached = matrix.verbsByPoint
            for fault in faults {
                // A point that an undisturbed life does not pass is said to be so in the table.
                if reached[fault.point] != nil { try await matrix.live(under: fault, isShort: isShort) }
            }
            print(matrix.table(of: points))
            try await matrix.end()
            #expect(matrix.problems.isEmpty, "\(matrix.problems.joined(separator: "\n"))")
            // What the life of an environment does not pass is tested by nobody. Only where there is no terraform can it not pass those
            // of its driver; the end of a whole organisation has a test of its own (OrganizationFaultTests).
            let passed = points.filter { point in
                (FaultLife.hasTerraform || !point.hasPrefix("runner.terraform."))
                    && !point.hasPrefix("orchestrator.organization.")
            }
            #expect(Set(passed).subtracting(reached.keys).isEmpty)
        }
    }
}
