import FoundationEssentials
import Glibc
import TestSupport
import Testing

@testable import ServiceRuntime

/// Clients of the network that mean no good, at a room with a listener there.
@Suite struct HostileClientTests {
    /// A probe that listens for the network, too.
    private struct Room {
        let probe: Probe
        let port: Int
        private let socket: ListeningSocket
        private var folder: TemporaryFolder { probe.folder }

        init(extra: String = "", through words: [String] = []) async throws {
            let folder = try TemporaryFolder("hostile")
            let made = try await CommandRun([
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", folder.file("key.pem"), "-out",
                folder.file("cert.pem"),
            ])
            #expect(made.code == 0, "\(made.error)")
            socket = try ListeningSocket()
            port = socket.port
            probe = try Probe(
                in: folder,
                extra: "tls:\n  certificate: \(folder.file("cert.pem"))\n  key: \(folder.file("key.pem"))\n" + extra,
                passing: [(socket.descriptor, "https")], through: words)
            try await probe.answers()
        }

        /// An answer of the network's route; each on a connection of its own.
        func get(_ path: String = "/public", within seconds: Int = 60) async throws -> CommandRun {
            try await CommandRun([
                "curl", "-sS", "-m", "\(seconds)", "-w", "\\n%{http_code}", "--cacert", folder.file("cert.pem"),
                "https://127.0.0.1:\(port)\(path)",
            ])
        }

        func flood(_ kind: String, _ count: Int, _ path: String = "/public") async throws -> WatchedShell {
            let script = #filePath.split(separator: "/").dropLast(2).reduce(into: "") { $0 += "/" + $1 } + "/Hostile/flood.py"
            let shell = try WatchedShell(
                "exec python3 \"$@\"", arguments: [script, kind, "\(port)", "\(count)", path], log: folder.file("flood"))
            try await eventually(within: .seconds(120), "the flood \(kind)") {
                folder.read("flood")?.contains("ready") == true
            }
            return shell
        }

        var openFiles: Int {
            (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(probe.process.pid)/fd").count) ?? 0
        }

        /// Seconds of all its threads.
        func processorTime() throws -> Double {
            let text = try String(contentsOfFile: "/proc/\(probe.process.pid)/stat", encoding: .utf8)
            // The name may have blanks; what follows it has none.
            let fields = try #require(text.split(separator: ")").last).split(separator: " ")
            let ticks = (Int(fields[11]) ?? 0) + (Int(fields[12]) ?? 0)
            return Double(ticks) / Double(sysconf(Int32(_SC_CLK_TCK)))
        }
    }

    /// T47: the last files are not given to whoever comes from the network, neither where few may be open from the beginning nor where
    /// that is said of a process that runs.
    @Test(arguments: [true, false])
    func t47AcceptingPausesBeforeTheLastFiles(_ atStart: Bool) async throws {
        let limit = ["prlimit", "--nofile=300"]
        let room = try await Room(extra: "head_timeout: 3", through: atStart ? limit + ["--"] : [])
        if !atStart {
            #expect(try await CommandRun(limit + ["--pid", "\(room.probe.process.pid)"]).code == 0)
        }
        let started = ContinuousClock.now, before = try room.processorTime()
        var flood: WatchedShell? = try await room.flood("half-open", 600)
        try await eventually("the log says so") { room.probe.process.output.contains("few further files may be open") }
        #expect(room.openFiles <= 200)
        async let late = room.get()
        for _ in 0..<20 { #expect(try await room.probe.curl("/healthz", "-m", "10").status == "200") }
        try await eventually("the accepted ones are closed, and others accepted") {
            room.probe.process.output.contains("connections without a whole request head in time were closed")
        }
        #expect(try await room.probe.curl("/healthz", "-m", "10").status == "200")
        let used = try room.processorTime() - before, passed = ContinuousClock.now - started
        #expect(used < Double(passed.components.seconds) * 0.5, "\(used) s of \(passed)")
        #expect(room.openFiles <= 200)
        withExtendedLifetime(flood) {}
        flood = nil
        // Who came meanwhile waited in the kernel's queue, and is not lost.
        #expect(try await late.status == "200")
        #expect(try await room.get().status == "200")
    }

    /// T45: of those who do not wait for their answers two are served at a time, however many they are; who waits is not held up.
    @Test func t45PipelinesTakeTurns() async throws {
        let room = try await Room()
        let flood = try await room.flood("pipeline", 40, "/work")
        // Each of them had its turn, several times.
        try await eventually("turns") { room.probe.process.output.components("\"route\":\"/work\"") > 200 }
        let most = Int(try await room.get("/most").output.prefix { $0 != "\n" }.filter(\.isNumber))
        // One more for a moment in which nothing is behind a request: the client was slow.
        #expect((1...4).contains(most ?? 0), "\(String(describing: most))")
        #expect(try await room.get("/work").status == "204")
        withExtendedLifetime(flood) {}
    }

    /// T45: who asks and never reads is cut; others are answered meanwhile.
    @Test func t45WhoNeverReadsIsCut() async throws {
        let room = try await Room(extra: "idle_timeout: 2")
        #expect(try await room.get().status == "200")
        let before = room.openFiles
        let flood = try await room.flood("never-read", 20)
        #expect(room.openFiles > before + 10)
        #expect(try await room.get().status == "200")
        try await eventually("nothing of them is left") { room.openFiles <= before + 1 }
        withExtendedLifetime(flood) {}
    }

    @Test func theReserveOfFiles() {
        #expect(FileReserve.network.size(of: 300) == 150 && FileReserve.network.size(of: 16_384) == 192)
        #expect(FileReserve.last.size(of: 64) == 8 && FileReserve.last.size(of: 16_384) == 32)
        #expect(FileReserve.network.isLeft && FileReserve.last.isLeft)
    }
}
