import Glibc
import HTTPTypes
import NIOCore
import PlatformModel
import TestSupport
import Testing

@testable import ServiceAPI

/// A `room-probe` for a client to call.
private struct Probe {
    let folder: TemporaryFolder
    let socket: String
    let client: RoomClient

    init() throws {
        folder = try TemporaryFolder("client")
        socket = folder.file("probe.sock")
        client = RoomClient(room: "probe", socket: socket)
        try folder.write("socket: \(socket)\ncallers:\n  gateway: \"\(getuid())\"\n", to: "probe.yaml")
    }

    func start(environment: [String: String] = [:], passing: [(descriptor: Int32, name: String)] = []) throws -> ProgramProcess {
        try ProgramProcess(
            "room-probe", arguments: ["--config", folder.file("probe.yaml")], environment: environment, passing: passing,
            log: folder.file("log"))
    }
}

private func kind(_ body: () async throws(RoomError) -> Void) async -> RoomError.Kind? {
    do throws(RoomError) {
        try await body()
        return nil
    } catch { return error.kind }
}

@Suite struct RoomClientTests {
    @Test func callsWithPrincipalAndRequestID() async throws {
        let probe = try Probe(), process = try probe.start()
        defer { process.kill(SIGTERM) }
        let answer: JSON = try await RequestTrace.$id.withValue("trace-1") {
            try await probe.client.call(
                .get, "/v1/whoami/" + HTTPCall.segment("a/b"), principal: Principal(id: "user:ada", name: "Ada"))
        }
        #expect(answer["word"] == "a/b")
        #expect(answer["principal"] == "user:ada")
        #expect(answer["request"] == "trace-1")
        let echoed: JSON = try await probe.client.call(.post, "/v1/echo", body: ["x": 1] as JSON)
        #expect(echoed == ["x": 1])
    }

    @Test func failuresByKind() async throws {
        let probe = try Probe(), process = try probe.start()
        defer { process.kill(SIGTERM) }
        let missing = await kind { () throws(RoomError) in try await probe.client.send(.get, "/v1/nothing") }
        guard case .status(404, let body) = missing else { throw Unexpected(missing) }
        #expect(body.error == "not_found")
        let slow = await kind { () throws(RoomError) in
            try await probe.client.send(
                .get, "/v1/hold", query: [("file", probe.folder.file("never"))], timeout: .milliseconds(300))
        }
        #expect(slow == .timeout)
        // The head comes, and then nothing.
        let endless = await kind { () throws(RoomError) in
            try await probe.client.send(.get, "/v1/quiet", timeout: .milliseconds(300))
        }
        #expect(endless == .timeout)
        let wrong = await kind { () throws(RoomError) in
            _ = try await probe.client.call(.get, "/v1/whoami/x", as: [Int].self)
        }
        guard case .malformed = wrong else { throw Unexpected(wrong) }
    }

    /// A room that is not there yet is waited for, by every method; one that never comes is unreachable.
    @Test func waitsForARoomThatStarts() async throws {
        let probe = try Probe()
        async let early: JSON = probe.client.call(.post, "/v1/echo", body: ["early": true] as JSON)
        let process = try probe.start()
        defer { process.kill(SIGTERM) }
        #expect(try await early == ["early": true])
        let nobody = HTTPEndpoint(name: "nobody", socket: probe.folder.file("nobody.sock"))
        let failure = await kind { () throws(RoomError) in
            _ = try await nobody.send(HTTPCall(.get, "/", patience: .milliseconds(200)))
        }
        guard case .unreachable(_, made: false) = failure else { throw Unexpected(failure) }
    }

    /// A room that dies before it answers: what is idempotent is asked again of its successor, a POST is not.
    @Test func repeatsOnlyWhatMayBeDoneTwice() async throws {
        let probe = try Probe()
        let once = ["MARTLET_FAULT": "probe.beforeAnswer=crash", "MARTLET_FAULT_ONCE": probe.folder.file("fired")]
        let listening = try ListeningSocket(unix: probe.socket)
        let passing = [(descriptor: listening.descriptor, name: "room")]
        let first = try probe.start(environment: once, passing: passing)
        async let answer: JSON = probe.client.call(.get, "/v1/fault")
        #expect(try await first.exit() == 128 + SIGKILL)
        let second = try probe.start(environment: once, passing: passing)
        #expect(try await answer["pid"]?.int == Int(second.pid))

        async let held = kind { () throws(RoomError) in
            try await probe.client.send(.post, "/v1/hold", query: [("file", probe.folder.file("never"))])
        }
        try await eventually("the request in flight") {
            try await CommandRun.curl(probe.socket, "/metrics").output.contains("in_flight 2")
        }
        second.kill(SIGKILL)
        let failure = await held
        guard case .unreachable(_, made: true) = failure else { throw Unexpected(failure) }
    }

    @Test func forwardPassesBodiesBothWaysAndKeepsPrivateHeadersBack() async throws {
        let probe = try Probe(), process = try probe.start()
        defer { process.kill(SIGTERM) }
        let pieces = AsyncThrowingStream<ByteBuffer, any Error> { continuation in
            for piece in ["[", "1,", "2", "]"] { continuation.yield(ByteBuffer(string: piece)) }
            continuation.finish()
        }
        let answer = try await probe.client.forward(
            .post, target: "/v1/echo", headers: [.contentType: "application/json", .authorization: "Bearer secret"], body: pieces,
            principal: nil)
        #expect(answer.status == 200)
        #expect(answer.headers[.contentType] == "application/json")
        #expect(answer.headers[RoomHeader.requestID] == nil)
        #expect(String(decoding: try await answer.collect(upTo: 100), as: UTF8.self) == "[1,2]")
        let missing = try await probe.client.forward(.get, target: "/v1/nothing", headers: [:], body: nil, principal: nil)
        #expect(missing.status == 404)
    }
}

@Suite struct EventStreamTests {
    private func collect(_ stream: EventStream) async throws -> [Int] {
        var numbers: [Int] = []
        for try await event in stream { numbers.append(event.data.int ?? -1) }
        return numbers
    }

    @Test func readsToTheEnd() async throws {
        let probe = try Probe(), process = try probe.start()
        defer { process.kill(SIGTERM) }
        #expect(try await collect(probe.client.stream("/v1/count", query: [("to", "500")])) == Array(1...500))
        #expect(try await collect(probe.client.stream("/v1/count", query: [("to", "5")], lastEventID: "3")) == [4, 5])
        #expect(try await collect(probe.client.stream("/v1/count", query: [("to", "5")], lastEventID: "5")) == [])
    }

    /// A stream that breaks off again and again brings every event once.
    @Test func resumesAfterEachBreak() async throws {
        let probe = try Probe(), process = try probe.start()
        defer { process.kill(SIGTERM) }
        #expect(try await collect(probe.client.stream("/v1/count", query: [("to", "20"), ("break", "7")])) == Array(1...20))
    }

    /// The room is killed and started again while its stream is read.
    @Test func survivesItsRoom() async throws {
        let probe = try Probe(), first = try probe.start()
        var numbers = probe.client.stream("/v1/count", query: [("to", "100000")]).makeAsyncIterator()
        for expected in 1...1000 { #expect(try await numbers.next()?.data.int == expected) }
        first.kill(SIGKILL)
        #expect(try await first.exit() == 128 + SIGKILL)
        let second = try probe.start()
        defer { second.kill(SIGTERM) }
        var next = 1001
        while let event = try await numbers.next() {
            try #require(event.data.int == next)
            next += 1
        }
        #expect(next == 100_001)
    }

    @Test func whatCannotBeRepairedIsThrown() async throws {
        let probe = try Probe(), process = try probe.start()
        defer { process.kill(SIGTERM) }
        let failure = await kind { () throws(RoomError) in
            var events = probe.client.stream("/v1/nothing").makeAsyncIterator()
            _ = try await events.next()
        }
        guard case .status(404, _) = failure else { throw Unexpected(failure) }
    }
}

private struct Unexpected: Error {
    let kind: RoomError.Kind?
    init(_ kind: RoomError.Kind?) { self.kind = kind }
}
