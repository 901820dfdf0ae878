import Glibc
import PlatformModel
import TestSupport
import Testing

@testable import Drivers

/// The state's server as code in the sandbox meets it, which may ask whatever it likes.
@Suite(.timeLimit(.minutes(2)))
struct StateServerTests {
    private static let password = "0123456789abcdef"
    private static let state = #"{"version":4,"serial":1,"resources":[]}"#

    /// Serves a shelf for as long as the body runs.
    private func serving(
        _ shelf: any StateShelf, run: Int64?, _ body: @escaping @Sendable (Client) async throws -> Void
    ) async throws {
        let socket = try ListeningSocket(), folder = try TemporaryFolder("state")
        let descriptor = dup(socket.descriptor)
        _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
        let server = StateServer(shelf: shelf, run: run, password: Self.password)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await server.serve(descriptor) }
            defer { group.cancelAll() }
            try await body(Client(port: socket.port, folder: folder))
        }
    }

    private struct Client: Sendable {
        let port: Int
        let folder: TemporaryFolder

        func ask(
            _ method: String, _ path: String = "/state", _ body: String = "",
            user: String = "martlet:\(StateServerTests.password)"
        ) async throws -> Int {
            let name = "body\(Int.random(in: 0..<1_000_000))"
            try folder.write(body, to: name)
            let run = try await CommandRun([
                "curl", "-s", "-m", "20", "-o", folder.file("answer"), "-w", "%{http_code}", "-u", user, "-X", method,
                "--data-binary",
                "@\(folder.file(name))", "http://127.0.0.1:\(port)\(path)",
            ])
            return Int(run.output) ?? 0
        }

        var answer: String { folder.read("answer") ?? "" }
    }

    private static func lock(_ id: String) -> String { #"{"ID":"\#(id)","Operation":"apply"}"# }

    @Test func onlyTheRunsOwnPasswordOpens() async throws {
        let states = MemoryStates(), run = try await states.begin()
        try await serving(states, run: run) { client async throws in
            for user in ["martlet:", "martlet:0123456789abcdee", "root:\(Self.password)", "martlet:\(Self.password)0"] {
                for (method, path) in [("GET", "/state"), ("LOCK", "/state"), ("POST", "/state?ID=a"), ("GET", "/interrupt")] {
                    #expect(try await client.ask(method, path, Self.lock("a"), user: user) == 401)
                }
            }
            #expect(try await client.ask("GET") == 204)
            for path in ["/", "/state/../other", "/states", "/state/", "//state"] {
                #expect(try await client.ask("GET", path) == 404, "\(path)")
            }
        }
        #expect(states.state == nil && !states.isLocked)
    }

    /// Connections that come in at the very moment of the end are closed like all others: NIO ends the process for one that is forgotten.
    @Test func theEndMeetsNewConnections() async throws {
        for _ in 0..<40 {
            let socket = try ListeningSocket()
            let descriptor = dup(socket.descriptor)
            _ = fcntl(descriptor, F_SETFL, O_NONBLOCK)
            let server = StateServer(shelf: MemoryStates(), run: nil, password: Self.password)
            try await withThrowingTaskGroup(of: Void.self) { group in
                let serving = Task { await server.serve(descriptor) }
                for _ in 0..<24 {
                    group.addTask {
                        guard let client = try? RawClient(port: socket.port) else { return }
                        _ = client.write("GET /state HTTP/1.1\r\nhost: a\r\n\r\n")
                    }
                }
                _ = try await group.next()
                serving.cancel()
                await serving.value
                try await group.waitForAll()
            }
        }
    }

    @Test func aStateIsWrittenUnderItsLockAlone() async throws {
        let states = MemoryStates(), run = try await states.begin()
        try await serving(states, run: run) { client async throws in
            #expect(try await client.ask("POST", "/state", Self.state) == 409, "no lock")
            #expect(try await client.ask("POST", "/state?ID=a", Self.state) == 409, "none is held")
            #expect(try await client.ask("LOCK", "/state", Self.lock("a")) == 200)
            #expect(try await client.ask("LOCK", "/state", Self.lock("b")) == 423 && client.answer.contains(#""a""#))
            #expect(try await client.ask("UNLOCK", "/state", Self.lock("b")) == 423, "another's is not given back")
            #expect(try await client.ask("POST", "/state?ID=b", Self.state) == 409)
            #expect(try await client.ask("POST", "/state?ID=a", Self.state) == 200)
            #expect(try await client.ask("GET") == 200 && client.answer == Self.state)
            #expect(try await client.ask("DELETE", "/state?ID=a") == 405, "what stands is not forgotten by a request")
            for odd in ["", "[]", "{}", #"{"version":"4"}"#, "\u{0}", String(repeating: "[", count: 100_000)] {
                #expect(try await client.ask("POST", "/state?ID=a", odd) == 400, "\(odd.prefix(20))")
            }
            for odd in ["", "[]", #"{"ID":""}"#, #"{"ID":7}"#, Self.lock(String(repeating: "x", count: 300))] {
                #expect(try await client.ask("LOCK", "/state", odd) == 400, "\(odd.prefix(20))")
            }
            #expect(try await client.ask("UNLOCK", "/state", Self.lock("a")) == 200)
        }
        #expect(states.text == Self.state && !states.isLocked)
    }

    /// A later run has begun: this one's lock and state are worth nothing, and it is told so.
    @Test func aLaterRunIsNotWrittenOver() async throws {
        let states = MemoryStates(), run = try await states.begin()
        try await serving(states, run: run) { client async throws in
            #expect(try await client.ask("LOCK", "/state", Self.lock("a")) == 200)
            _ = try await states.begin()
            #expect(try await client.ask("POST", "/state?ID=a", Self.state) == 409)
            #expect(try await client.ask("LOCK", "/state", Self.lock("c")) == 410)
        }
        #expect(states.state == nil)
    }

    @Test func whoOnlyLooksChangesNothing() async throws {
        let states = MemoryStates()
        try await serving(states, run: nil) { client async throws in
            #expect(try await client.ask("GET") == 204)
            #expect(try await client.ask("LOCK", "/state", Self.lock("a")) == 400)
            #expect(try await client.ask("POST", "/state?ID=a", Self.state) == 400)
            #expect(try await client.ask("UNLOCK", "/state", Self.lock("a")) == 400)
        }
        #expect(states.state == nil && !states.isLocked)
    }

    /// However much is sent on however many connections, little is kept of it, and the run itself is served again afterwards.
    @Test func bodiesAreBounded() async throws {
        let states = MemoryStates(), run = try await states.begin()
        try await serving(states, run: run) { client async throws in
            let huge = #"{"version":4,"x":""# + String(repeating: "x", count: StateLimits.maximumBytes) + "\"}"
            #expect(try await client.ask("POST", "/state?ID=a", huge) == 413)
            #expect(try await client.ask("POST", "/state?ID=a", huge, user: "martlet:") == 401)
            // Three that are almost as large, and not ended.
            let credentials = Base64.encode(Array("martlet:\(Self.password)".utf8)), size = StateLimits.maximumBytes - 1
            let head =
                "POST /state?ID=a HTTP/1.1\r\nHost: x\r\nAuthorization: Basic \(credentials)\r\nContent-Length: \(size)\r\n\r\n"
            let piece = String(repeating: "x", count: size - 1)
            var held: [RawClient] = []
            for _ in 0..<2 {
                let raw = try RawClient(port: client.port)
                #expect(raw.write(head) && raw.write(piece))
                held.append(raw)
            }
            try await eventually("there is no room for a third") {
                try await client.ask("POST", "/state?ID=a", String(piece.prefix(1 << 20))) == 503
            }
            // They go.
            held = []
            try await eventually("there is room again") {
                try await client.ask("POST", "/state?ID=a", String(piece.prefix(1 << 20))) == 400
            }
            #expect(try await client.ask("LOCK", "/state", Self.lock("a")) == 200)
            #expect(try await client.ask("POST", "/state?ID=a", Self.state) == 200)
        }
        #expect(states.text == Self.state)
    }
}
