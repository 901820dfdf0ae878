import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import PlatformModel
import TestSupport
import Testing

extension ApplianceTests {
    /// T45: clients that hold connections, say nothing, or do not stop.
    @Suite struct HostileConnectionTests {
        private static func flood(_ kind: String, _ count: Int, _ appliance: Appliance) async throws -> WatchedShell {
            let port = try #require(appliance.url.split(separator: ":").last.map(String.init))
            let script = #filePath.split(separator: "/").dropLast(2).reduce(into: "") { $0 += "/" + $1 } + "/Hostile/flood.py"
            let log = appliance.file("flood.log")
            try? FileManager.default.removeItem(atPath: log)
            let shell = try WatchedShell("exec python3 \"$@\"", arguments: [script, kind, port, "\(count)"], log: log)
            try await eventually(within: .seconds(120), "the flood \(kind)") {
                appliance.folder.read("flood.log")?.contains("ready") == true
            }
            return shell
        }

        /// Runs `body` while such clients are there; afterwards they are gone.
        private static func during<Result>(
            _ kind: String, _ count: Int, _ appliance: Appliance, _ body: () async throws -> Result
        ) async throws -> Result {
            let shell = try await flood(kind, count, appliance)
            defer { withExtendedLifetime(shell) {} }
            return try await body()
        }

        /// Requests one after the other, each on a connection of its own, as a client that comes anew has it; their times, sorted.
        private static func times(_ count: Int, _ appliance: Appliance) async throws -> [Duration] {
            var times: [Duration] = []
            for _ in 0..<count {
                let start = ContinuousClock.now
                let answer = try await appliance.call("GET", "/orgs/acme", headers: ["Connection": "close"])
                #expect(answer.status == 200)
                times.append(ContinuousClock.now - start)
            }
            return times.sorted()
        }

        private static func p99(_ times: [Duration]) -> Duration { times[times.count * 99 / 100] }

        /// Whoever behaves is answered, in about the time that it takes without the others.
        @Test(arguments: [("half-open", 2000), ("slow-head", 800), ("slow-body", 400), ("pipeline", 40), ("never-read", 200)])
        func t45OthersAreAnswered(_ kind: String, _ count: Int) async throws {
            let appliance = try await Appliance.shared()
            _ = try await Self.times(50, appliance)
            let before = try await Self.times(150, appliance)
            let during = try await Self.during(kind, count, appliance) { try await Self.times(150, appliance) }
            print(
                "T45 \(kind): p99 \(Self.p99(before)) without, \(Self.p99(during)) with; median \(before[75]) and \(during[75])")
            // What is printed is what was measured; here only that nobody waits for the others: how fast depends on what else runs.
            #expect(during[75] < before[75] * 2 + .seconds(1), "\(kind): \(before[75]) and \(during[75])")
            #expect(try await appliance.curl(.gateway, "/healthz").status == "200")
        }

        /// T47: the gateway with 300 files, and 600 clients that hold connections: its own socket answers, it does not spin, what runs goes
        /// on, and what waited is answered.
        @Test func t47TheGatewayWithFewFiles() async throws {
            let appliance = try await Appliance.shared()
            try await appliance.createApplication("few-files")
            #expect(try await appliance.end(.gateway, SIGTERM) == 0)
            try appliance.start(.gateway, through: ["prlimit", "--nofile=300"])
            try await appliance.untilReady(.gateway)
            let environment = "/orgs/acme/apps/few-files/envs/development"
            let deployment = try await appliance.deploy(Scores.ticker, to: environment)
            let process = try appliance.process(.gateway), start = ContinuousClock.now
            let before = try Self.processorTime(of: process.pid)
            try await Self.during("half-open", 600, appliance) {
                for _ in 0..<20 { #expect(try await appliance.curl(.gateway, "/healthz", ["-m", "10"]).status == "200") }
                #expect(try await appliance.curl(.gateway, "/readyz", ["-m", "10"]).status == "200")
                try await eventually("the log says so") { process.output.contains("few further files may be open") }
                try await eventually("others had their turn") {
                    process.output.contains("connections without a whole request head in time were closed")
                }
            }
            let used = try Self.processorTime(of: process.pid) - before, passed = ContinuousClock.now - start
            #expect(used < Double(passed.components.seconds) * 0.5, "\(used) s of \(passed)")
            try await appliance.succeeded(deployment, in: environment)
            #expect(try await appliance.end(.gateway, SIGTERM) == 0)
            try appliance.start(.gateway)
            try await appliance.untilReady(.gateway)
        }

        /// Seconds of all its threads.
        private static func processorTime(of pid: pid_t) throws -> Double {
            let text = try String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8)
            let fields = try #require(text.split(separator: ")").last).split(separator: " ")
            return Double((Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }

        /// One address does not get all the connections there are; the log says so.
        @Test func t45OneAddress() async throws {
            let appliance = try await Appliance.shared()
            let port = try #require(appliance.url.split(separator: ":").last.flatMap { Int($0) })
            var held: [RawClient] = []
            for _ in 0..<300 { held.append(try RawClient(port: port)) }
            try await eventually("connections beyond the limit are closed") { held.count { $0.available() == nil } >= 40 }
            #expect(held.count { $0.available() == nil } <= 60)
            try await eventually("the log says so") {
                try appliance.process(.gateway).output.contains("connections of an address that has too many were refused")
            }
            held = []
            try await eventually("there is room again") {
                (try? await appliance.call("GET", "/orgs/acme", headers: ["Connection": "close"]).status) == 200
            }
        }
    }
}
