import FaultPoints
import Glibc
import HTTPTypes
import Hummingbird
import NIOCore
import NIOPosix
import PlatformModel
import ServiceAPI
import ServiceRuntime
import Synchronization

/// Routes that show what the runtime does.
struct ProbeRoutes {
    let configuration: ProbeConfiguration

    init(_ configuration: ProbeConfiguration) { self.configuration = configuration }

    func add(to room: RoomBuilder) throws {
        room.check("file") { [path = configuration.readyFile] in
            if let path, access(path, F_OK) != 0 { throw ProbeError("\(path) is not there") }
        }
        room.limits = configuration.limits
        let group = room.router.group(callers: ["gateway"])
        group.get("/v1/whoami/{word}") { _, context in try Self.whoami(context) }
        group.post("/v1/echo") { request, context in
            try Response.json(try await context.decode(JSON.self, from: request))
        }
        group.bodies(upTo: 10).post("/v1/small") { request, context in
            try Response.json(["bytes": JSON.int(Int64(try await context.body(of: request).count))])
        }
        group.get("/v1/fault") { _, _ in
            try await ProbeFaults.beforeAnswer.reach()
            return try Response.json(["pid": JSON.int(Int64(getpid()))])
        }
        group.get("/v1/secretive") { _, _ -> Response in throw ProbeError("the password is swordfish") }
        for method in [HTTPRequest.Method.get, .post] {
            group.on("/v1/hold", method: method) { request, _ in
                try await Self.hold(until: request.uri.queryParameters["file"].map(String.init))
            }
        }
        group.get("/v1/stubborn") { _, _ -> Response in
            while true { await Task.yield() }
        }
        addStreams(to: group)
        if let upstream = configuration.upstream { addRelay(to: group, RoomClient(room: "upstream", socket: upstream)) }
        room.router.group(callers: ["runner"]).get("/v1/runner") { _, _ in Response.empty() }
        room.router.admin().post("/block/{what}") { request, context in
            try await Self.block(
                try context.parameter("what"), until: request.uri.queryParameters["until"].map(String.init))
        }
        if let (port, tls) = try configuration.tlsConfiguration() {
            let router = room.listen("https", host: "127.0.0.1", port: port, tls: tls)
            let network = router.network(), work = Work()
            network.get("/public") { _, context in try Response.json(["address": context.remoteAddress ?? "none"]) }
            network.get("/work") { _, _ in
                // Holds open what others would then share.
                await work.during { try? await Task.sleep(for: .milliseconds(20)) }
                return Response.empty()
            }
            network.get("/most") { _, _ in try Response.json(["most": JSON.int(Int64(work.most))]) }
        }
    }

    private var streamLimits: StreamLimits {
        var limits = StreamLimits()
        limits.stall = configuration.stall
        limits.heartbeat = .milliseconds(200)
        return limits
    }

    private func addStreams(to group: RouteGroup) {
        let limits = streamLimits
        group.get("/v1/count") { [limits] request, context in
            let last = EventStreamResponse.lastEventID(of: request).flatMap(Int64.init) ?? 0
            let upTo = request.uri.queryParameters["to"].flatMap { Int64($0) } ?? .max
            let breakAfter = request.uri.queryParameters["break"].flatMap { Int64($0) } ?? .max
            return EventStreamResponse(context, limits: limits) { sink in
                guard last < upTo else { return }
                for number in (last + 1)...upTo {
                    try await sink.send(StreamEvent(id: "\(number)", event: "count", data: .int(number)))
                    // A stream that breaks off, to be resumed.
                    if number % breakAfter == 0 { throw ProbeError("broken on purpose") }
                }
            }.response()
        }
        group.get("/v1/flood") { [limits] _, context in
            let line = JSON.string(String(repeating: "x", count: 64 << 10))
            return EventStreamResponse(context, limits: limits) { sink in
                for number in 1... { try await sink.send(StreamEvent(id: "\(number)", data: line)) }
            }.response()
        }
        group.get("/v1/large") { request, _ in
            // An ordinary body, made as it is read.
            let mebibytes = request.uri.queryParameters["mebibytes"].flatMap { Int($0) } ?? 64
            let piece = ByteBuffer(repeating: UInt8(ascii: "x"), count: 1 << 20)
            return Response(
                status: .ok,
                body: ResponseBody(contentLength: mebibytes << 20) { writer in
                    for _ in 0..<mebibytes { try await writer.write(piece) }
                    try await writer.finish(nil)
                })
        }
        group.get("/v1/torn") { _, context in
            // A short body of which half comes.
            Response(
                status: .ok,
                body: ResponseBody(contentLength: 10) { writer in
                    try await writer.write(ByteBuffer(string: "12345"))
                    throw ProbeError("broken on purpose")
                })
        }
        group.get("/v1/quiet") { [limits] _, context in
            // A stream on which nothing comes.
            EventStreamResponse(context, limits: limits) { _ in try await Task.sleep(for: .seconds(600)) }.response()
        }
    }

    private func addRelay(to group: RouteGroup, _ upstream: RoomClient) {
        group.get("/v1/relay/**") { [limits = streamLimits] request, context in
            let path = request.uri.path.replacing("/v1/relay", with: "/v1", maxReplacements: 1)
            let query = request.uri.query.map { "?" + $0 } ?? ""
            let answer = try await upstream.forward(
                .get, target: path + query, headers: request.headers, body: nil, principal: context.principal)
            return try await RelayResponse.response(answer, context, limits: limits)
        }
    }

    private static func whoami(_ context: RoomContext) throws -> Response {
        try .json([
            "uid": JSON.int(Int64(context.peer?.uid ?? .max)), "pid": .int(Int64(context.peer?.pid ?? -1)),
            "word": .string(try context.parameter("word")), "principal": context.principal.map { .string($0.id) } ?? .null,
            "request": .string(context.requestID),
        ])
    }

    /// Answers when a file has appeared: a request that is still running while the server drains.
    private static func hold(until file: String?) async throws -> Response {
        guard let file else { throw HTTPFailure.badRequest("`file` is needed") }
        // The file is the test's signal; its request has a limit of its own.
        while access(file, F_OK) != 0 { try await Task.sleep(for: .milliseconds(10)) }
        return try .json(["held": true])
    }

    /// Blocks every event loop or the whole Swift pool, as a bug would, until a file is there; a little later, so that this request is
    /// answered. `FILE.begun` appears when every loop is blocked; of the pool when one thread is, since the others may then be held up
    /// by that one, without a task of their own.
    private static func block(_ what: String, until file: String?) async throws -> Response {
        guard ["loops", "pool"].contains(what) else { throw HTTPFailure.notFound("there is no '\(what)'") }
        guard let file else { throw HTTPFailure.badRequest("`until` is needed") }
        let group = MultiThreadedEventLoopGroup.singleton, width = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        let loops = Array(group.makeIterator())
        let block = Block(file: file, places: what == "loops" ? loops.count : 1)
        if what == "loops" {
            for loop in loops { loop.scheduleTask(in: .milliseconds(100)) { block.hold() } }
        } else {
            group.next().scheduleTask(in: .milliseconds(100)) {
                // Unstructured: they must outlive this request.
                for _ in 0..<(2 * width) { Task.detached { block.hold() } }
            }
        }
        return .empty(.accepted)
    }
}

/// What holds threads up.
private final class Block: Sendable {
    private let file: String
    private let missing: Mutex<Int>

    init(file: String, places: Int) {
        self.file = file
        missing = Mutex(places)
    }

    func hold() {
        let isLast = missing.withLock { missing in
            missing -= 1
            return missing == 0
        }
        if isLast { close(open(file + ".begun", O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)) }
        // A test that dies does not leave it for ever.
        for _ in 0..<6000 {
            if access(file, F_OK) == 0 { return }
            // The sleep is the bug.
            usleep(10_000)
        }
    }
}

/// How many requests were at work at the same time, at most.
private final class Work: Sendable {
    private let count = Mutex((now: 0, most: 0))
    var most: Int { count.withLock(\.most) }

    func during(_ body: () async -> Void) async {
        count.withLock { count in
            count.now += 1
            count.most = max(count.most, count.now)
        }
        await body()
        count.withLock { $0.now -= 1 }
    }
}

struct ProbeError: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}
