import Glibc
import Logging
import ServiceRuntime
import TestSupport
import Testing

@Suite struct DrainTests {
    /// A request that runs when SIGTERM comes is answered; an idle connection is closed; the program ends with 0.
    @Test func runningRequestsEnd() async throws {
        let probe = try await Probe.started()
        let idle = try RawClient(unix: probe.socket)
        idle.write("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        _ = try await idle.read(until: "alive")
        let running = try RawClient(unix: probe.socket)
        running.write("GET /v1/hold?file=\(probe.folder.file("go")) HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually("the request in flight") { try await probe.curl("/metrics").output.contains("in_flight 2") }
        probe.process.kill(SIGTERM)
        #expect(try await idle.readToEnd() == 0)
        try await eventually("the listener closed") { (try? RawClient(unix: probe.socket)) == nil }
        #expect(running.available() == [])
        try probe.folder.write("", to: "go")
        let answer = try await running.read(until: "held")
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.lowercased().contains("connection: close"))
        #expect(try await probe.process.exit() == 0)
    }

    /// Connections that come in at the very moment of the end are closed like all others: NIO ends the process for one that is forgotten.
    @Test func theEndMeetsNewConnections() async throws {
        let folder = try TemporaryFolder("end")
        for round in 0..<100 {
            let path = folder.file("\(round).sock"), router = RoomRouter()
            let server = RoomServer(
                endpoints: [.init(.unix(path: path, mode: 0o600, group: nil), router)],
                configuration: ServiceConfiguration(socket: path, shutdownGrace: .zero),
                logger: Logger(label: "end") { _ in SwiftLogNoOpLogHandler() })
            try await withThrowingTaskGroup(of: Void.self) { group in
                let serving = Task { try await server.run() }
                _ = try await server.listening()
                for _ in 0..<24 {
                    group.addTask {
                        guard let client = try? RawClient(unix: path) else { return }
                        client.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
                        // Answered or not, it is closed and not forgotten.
                        _ = try await client.readToEnd()
                    }
                }
                _ = try await group.next()
                serving.cancel()
                try? await serving.value
                try await group.waitForAll()
            }
        }
    }

    @Test func afterTheGraceRequestsAreCut() async throws {
        let probe = try await Probe.started(extra: "shutdown_grace: 0.3")
        let running = try RawClient(unix: probe.socket)
        running.write("GET /v1/hold?file=\(probe.folder.file("never")) HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually("the request in flight") { try await probe.curl("/metrics").output.contains("in_flight 2") }
        probe.process.kill(SIGTERM)
        #expect(try await probe.process.exit() == 0)
        #expect(probe.process.output.contains("the grace is over"))
    }

    /// What ignores even its cancellation does not keep the process.
    @Test func aRequestThatNeverEndsIsEndedWithTheProcess() async throws {
        let probe = try await Probe.started(extra: "shutdown_grace: 0.1")
        let running = try RawClient(unix: probe.socket)
        running.write("GET /v1/stubborn HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually("the request in flight") { try await probe.curl("/metrics").output.contains("in_flight 2") }
        probe.process.kill(SIGTERM)
        #expect(try await probe.process.exit() == 1)
        #expect(probe.process.output.contains("does not end after its cancellation"))
    }

    /// A socket that somebody else owns: while one process drains and after it has ended, new connections wait in the socket, and the
    /// next process serves them.
    @Test func newConnectionsWaitInAPassedSocket() async throws {
        let folder = try TemporaryFolder("pass")
        let socket = try ListeningSocket(unix: folder.file("probe.sock"))
        let passing = [(descriptor: socket.descriptor, name: "martlet-probe.socket")]
        let first = try Probe(in: folder, passing: passing, log: "first")
        let before = try RawClient(unix: first.socket)
        before.write("GET /v1/hold?file=\(folder.file("go")) HTTP/1.1\r\nHost: x\r\n\r\n")
        try await eventually("the request in flight") { try await first.curl("/metrics").output.contains("in_flight 2") }
        first.process.kill(SIGTERM)
        try await eventually("draining") { first.process.output.contains("draining:") }
        let during = try RawClient(unix: first.socket)
        during.write("GET /v1/whoami/during HTTP/1.1\r\nHost: x\r\n\r\n")
        try folder.write("", to: "go")
        #expect(try await before.read(until: "held").hasPrefix("HTTP/1.1 200"))
        #expect(try await first.process.exit() == 0)
        let after = try RawClient(unix: first.socket)
        after.write("GET /v1/whoami/after HTTP/1.1\r\nHost: x\r\n\r\n")
        #expect(during.available() == [])
        let second = try Probe(in: folder, passing: passing, log: "second")
        #expect(try await during.read(until: "\"during\"").hasPrefix("HTTP/1.1 200"))
        #expect(try await after.read(until: "\"after\"").hasPrefix("HTTP/1.1 200"))
        // Who is at the other end is known on a passed socket, too.
        #expect(try await second.curl("/v1/whoami/x").output.contains("\"uid\":\(getuid())"))
    }
}
