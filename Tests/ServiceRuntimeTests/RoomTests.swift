import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct RoomTests {
    private func probe(_ arguments: [String], environment: [String: String] = [:]) async throws -> (Int32, String) {
        let folder = try TemporaryFolder("room")
        let process = try ProgramProcess("room-probe", arguments: arguments, environment: environment, log: folder.file("log"))
        return (try await process.exit(), process.output)
    }

    @Test func informationIsPrinted() async throws {
        let (code, points) = try await probe(["--fault-points"])
        #expect((code, points) == (0, "probe.beforeAnswer\n"))
        let (versionCode, version) = try await probe(["--version"])
        #expect(versionCode == 0)
        #expect(version.hasPrefix("room-probe 0."))
    }

    @Test func wrongUsageIsExitCode2() async throws {
        let (code, output) = try await probe(["--confg", "x"])
        #expect(code == 2)
        #expect(output.contains("--confg"))
    }

    @Test func aMisspeltFaultPointIsExitCode2() async throws {
        let (code, output) = try await probe(["--config", "/x"], environment: ["MARTLET_FAULT": "probe.befreAnswer=crash"])
        #expect(code == 2)
        #expect(output.contains("probe.befreAnswer"))
    }

    @Test func aBrokenFileIsExitCode2WithOneLineAProblem() async throws {
        let folder = try TemporaryFolder("room")
        let file = try folder.write("socket: /tmp/x.sock\nlog_levl: debug\nstall: soon\n", to: "probe.yaml")
        let (code, output) = try await probe(["--config", file, "--check-config"])
        #expect(code == 2)
        #expect(
            output == """
                \(file):2:1: CONF-102 log_levl: unknown key; did you mean 'log_level'?
                \(file):3:8: CONF-104 stall: a number of seconds is needed, this is a string

                """)
    }

    @Test func aGoodFileIsExitCode0() async throws {
        let folder = try TemporaryFolder("room")
        let file = try folder.write("socket: \(folder.file("x.sock"))\n", to: "probe.yaml")
        let (code, output) = try await probe(["--check-config", "--config=\(file)"])
        #expect((code, output) == (0, "\(file): ok\n"))
    }

    @Test func aServiceThatCannotListenIsExitCode1() async throws {
        let first = try await Probe.started()
        let second = try Probe(in: first.folder, log: "second")
        #expect(try await second.process.exit() == 1)
        #expect(second.process.output.contains("another process is listening"))
        // The first one still serves.
        #expect(try await first.curl("/healthz").status == "200")
    }

    @Test func aDeadSocketFileIsReplacedAndOnlyOwnFilesAreRemoved() async throws {
        let folder = try TemporaryFolder("room")
        let first = try Probe(in: folder)
        try await first.answers()
        first.process.kill(9)
        #expect(try await first.process.exit() == 128 + 9)
        let second = try Probe(in: folder, log: "second")
        try await second.answers()
        second.process.kill(15)
        #expect(try await second.process.exit() == 0)
        #expect(throws: SystemFailure.self) { try RawClient(unix: second.socket) }
        #expect(folder.read("probe.sock") == nil)
    }
}
