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
        /// - `runner.afterEffect=lie`, `postgres.afterCommit@2=crash`: this one;
        /// - without it: the faults that stand for T3, T5, T7 and T8.
        private static func chosen(_ points: [String]) throws -> [Fault] {
            guard let text = ProcessInfo.processInfo.environment["MARTLET_FAULTS"], !text.isEmpty else {
                return [
                    Fault(point: "postgres.afterCommit", occurrence: 2, kind: .lie),
                    Fault(point: "runner.afterEffect", kind: .crash),
                    Fault(point: "orchestrator.afterOrder", kind: .stop),
                ]
            }
            // The journal's writes are the same two points again and again: T4.
            let places = points.flatMap { point in
                (point.hasPrefix("postgres.") ? Array(1...5) : [1]).map { (point, $0) }
            }
            return try text.split(separator: ",").flatMap { word in
                if word == "all" {
                    return FaultKind.allCases.flatMap { kind in places.map { Fault(point: $0, occurrence: $1, kind: kind) } }
                }
                if let kind = FaultKind(rawValue: String(word)) {
                    return places.map { Fault(point: $0, occurrence: $1, kind: kind) }
                }
                let parts = word.split(separator: "="), place = parts[0].split(separator: "@")
                let kind = try #require(parts.count == 2 ? FaultKind(rawValue: String(parts[1])) : nil, "\(word)")
                try #require(points.contains(String(place[0])), "\(word): no such point")
                return [Fault(point: String(place[0]), occurrence: place.count == 2 ? Int(place[1]) ?? 1 : 1, kind: kind)]
            }
        }

        @Test func everyDeploymentEndsAndEveryObjectIsOwnedOnce() async throws {
            let points = try await Self.points(), faults = try Self.chosen(points)
            let matrix = try await FaultMatrix()
            print("   faults, and the verbs that they came at")
            try await matrix.live(under: nil)
            let reached = matrix.verbsByPoint
            for fault in faults {
                // A point that an undisturbed life does not pass is said to be so in the table.
                if reached[fault.point] != nil { try await matrix.live(under: fault) }
            }
            print(matrix.table(of: points))
            try await matrix.end()
            #expect(matrix.problems.isEmpty, "\(matrix.problems.joined(separator: "\n"))")
            // What the life of an environment does not pass is tested by nobody, but for drivers whose back end is not there: their own
            // tests do it.
            let passed = points.filter { !$0.hasPrefix("runner.terraform.") }
            #expect(Set(passed).subtracting(reached.keys).isEmpty)
        }
    }
}
