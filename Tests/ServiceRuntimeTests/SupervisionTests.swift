import Glibc
import TestSupport
import Testing

@Suite struct SupervisionTests {
    @Test func readyThenStopping() async throws {
        let folder = try TemporaryFolder("notify")
        let notify = try NotifySocket(folder: folder)
        let probe = try Probe(in: folder, environment: ["NOTIFY_SOCKET": notify.path])
        try await notify.wait(for: "READY=1")
        // READY means that it answers.
        #expect(try await probe.curl("/readyz").status == "200")
        #expect(notify.count("STOPPING=1") == 0)
        probe.process.kill(SIGTERM)
        try await notify.wait(for: "STOPPING=1")
        #expect(try await probe.process.exit() == 0)
        #expect(notify.count("READY=1") == 1)
        #expect(notify.count("WATCHDOG=1") == 0)
    }

    @Test func statusUntilTheChecksHold() async throws {
        let folder = try TemporaryFolder("notify")
        let notify = try NotifySocket(folder: folder)
        let probe = try Probe(
            in: folder, extra: "ready_file: \(folder.file("ready"))", environment: ["NOTIFY_SOCKET": notify.path])
        try await notify.wait(for: "STATUS=waiting for: file")
        #expect(notify.count("READY=1") == 0)
        try folder.write("", to: "ready")
        try await notify.wait(for: "READY=1")
        probe.process.kill(SIGINT)
        #expect(try await probe.process.exit() == 0)
    }

    /// The watchdog is fed while all goes, and not while every event loop, or the whole Swift pool, is blocked.
    @Test(arguments: ["loops", "pool"])
    func watchdog(blocked: String) async throws {
        let folder = try TemporaryFolder("notify")
        let notify = try NotifySocket(folder: folder)
        let interval = 0.1
        let probe = try Probe(
            in: folder, environment: ["NOTIFY_SOCKET": notify.path, "WATCHDOG_USEC": "\(Int(interval * 2 * 1e6))"])
        try await notify.wait(for: "READY=1")
        try await eventually("three signs of life") { notify.count("WATCHDOG=1") >= 3 }
        let file = folder.file("go-on")
        let block = try await CommandRun.curl(probe.socket, "/v1/admin/block/\(blocked)?until=\(file)", ["-X", "POST"])
        #expect(block.status == "202")
        try await eventually("the block") { access(file + ".begun", F_OK) == 0 }
        // A sign that was under way may still come; then no more, for as long as it lasts.
        var count = 0, since = ContinuousClock.now
        try await eventually("silence while \(blocked) are blocked") {
            let now = notify.count("WATCHDOG=1")
            if now != count { (count, since) = (now, .now) }
            return ContinuousClock.now - since > .seconds(2)
        }
        try folder.write("", to: "go-on")
        try await eventually("life again") { notify.count("WATCHDOG=1") >= count + 3 }
        probe.process.kill(SIGTERM)
        #expect(try await probe.process.exit() == 0)
    }
}
