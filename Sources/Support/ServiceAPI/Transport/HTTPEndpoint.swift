import AsyncHTTPClient
import HTTPTypes
import NIOCore
import NIOHTTP1
import PlatformModel

/// Somebody who answers HTTP: a room on its Unix socket, or the gateway's URL. Knows timeouts, what may be repeated, and how failures
/// are told; not what is said.
package struct HTTPEndpoint: Sendable {
    /// The name in errors.
    package let name: String
    private let base: String
    private let http: RoomHTTP

    /// - Parameter socket: The path of a Unix socket.
    package init(name: String, socket: String, http: RoomHTTP = .shared) {
        self.name = name
        self.base = "http+unix://" + HTTPCall.segment(socket)
        self.http = http
    }

    /// - Parameter url: `https://host:8443`, without a path.
    package init(name: String, url: String, http: RoomHTTP = .shared) {
        self.name = name
        self.base = url.hasSuffix("/") ? String(url.dropLast()) : url
        self.http = http
    }

    /// The whole answer. A status from 300 is thrown as `.status`.
    package func send(_ call: HTTPCall) async throws(RoomError) -> HTTPAnswer {
        let (head, bytes) = try await retrying(call) { (deadline) throws(FailedAttempt) in
            try await attempt {
                let client = try http.forCalls()
                let response = try await client.execute(request(call), deadline: deadline)
                // The client's own deadline is for the head alone.
                let body = try await withDeadline(deadline) { try await response.body.collect(upTo: call.answerLimit) }
                return (response, [UInt8](body.readableBytesView))
            }
        }
        let answer = HTTPAnswer(room: name, status: Int(head.status.code), headers: HTTPFields(head.headers), body: bytes)
        guard answer.status < 300 else { throw failure(status: answer.status, body: bytes) }
        return answer
    }

    /// The head of an answer whose body is read as it comes. A status from 300 is thrown.
    package func open(_ call: HTTPCall) async throws(RoomError) -> HTTPBodyStream {
        let stream = try await forward(call)
        guard stream.status < 300 else {
            let bytes = try await stream.collect(upTo: 64 << 10)
            throw failure(status: stream.status, body: bytes)
        }
        return stream
    }

    /// The head of an answer of whatever status, whose body is read as it comes: what a proxy needs. `timeout` is until the head.
    package func forward(_ call: HTTPCall) async throws(RoomError) -> HTTPBodyStream {
        let response = try await retrying(call) { (deadline) throws(FailedAttempt) in
            try await attempt {
                let client = try http.forStreams()
                // Until the head.
                return try await client.execute(request(call), deadline: deadline)
            }
        }
        return HTTPBodyStream(room: name, response: response)
    }

    private func request(_ call: HTTPCall) -> HTTPClientRequest {
        var request = HTTPClientRequest(url: base + call.target)
        request.method = HTTPMethod(rawValue: call.method.rawValue)
        for field in call.headers { request.headers.add(name: field.name.rawName, value: field.value) }
        switch call.body {
        case .none: break
        case .bytes(let bytes): request.body = .bytes(ByteBuffer(bytes: bytes))
        case .stream(let stream, let length):
            request.body = .stream(AnyBody(source: stream), length: length.map { .known($0) } ?? .unknown)
        }
        return request
    }

    private func failure(status: Int, body: [UInt8]) -> RoomError {
        let text = String(decoding: body.prefix(200), as: UTF8.self)
        let error =
            (try? JSON.decode(ErrorBody.self, from: body))
            ?? ErrorBody(error: "http_\(status)", message: text.isEmpty ? "no text" : text)
        return RoomError(room: name, kind: .status(status, error))
    }
}

extension HTTPEndpoint {
    /// Repeats what never reached the room, and what may be done twice, with jittered back-off.
    private func retrying<Success: Sendable>(
        _ call: HTTPCall, _ once: (NIODeadline) async throws(FailedAttempt) -> Success
    ) async throws(RoomError) -> Success {
        let deadline = NIODeadline.now() + TimeAmount(call.timeout)
        let lastRetry = min(deadline, NIODeadline.now() + TimeAmount(call.patience))
        var pause = TimeAmount.milliseconds(10)
        while true {
            do throws(FailedAttempt) {
                return try await once(deadline)
            } catch {
                let repeats =
                    switch error.reach {
                    case .notConnected: true
                    case .lost: call.isIdempotent && call.canRepeatBody
                    case .final: false
                    }
                pause = min(pause * 2, .seconds(1))
                let wait = TimeAmount.nanoseconds(.random(in: (pause.nanoseconds / 2)...pause.nanoseconds))
                guard repeats, NIODeadline.now() + wait < lastRetry else { throw RoomError(room: name, kind: error.kind) }
                do { try await Task.sleep(for: .nanoseconds(wait.nanoseconds)) } catch {
                    throw RoomError(room: name, kind: .cancelled)
                }
            }
        }
    }

    private func attempt<Success: Sendable>(_ body: () async throws -> Success) async throws(FailedAttempt) -> Success {
        do { return try await body() } catch { throw FailedAttempt(error, isCancelled: Task.isCancelled) }
    }

    private func withDeadline<Success: Sendable>(
        _ deadline: NIODeadline, _ body: @escaping @Sendable () async throws -> Success
    ) async throws -> Success {
        try await withThrowingTaskGroup(of: Success.self) { group in
            group.addTask(operation: body)
            group.addTask {
                try await Task.sleep(for: .nanoseconds(max(0, (deadline - .now()).nanoseconds)))
                throw HTTPClientError.deadlineExceeded
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw HTTPClientError.cancelled }
            return first
        }
    }
}

/// A body of some type as one of a type that the client can be given.
private struct AnyBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let source: any AsyncSequence<ByteBuffer, any Error> & Sendable

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: any AsyncIteratorProtocol<ByteBuffer, any Error>
        mutating func next() async throws -> ByteBuffer? { try await base.next(isolation: #isolation) }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: source.makeAsyncIterator()) }
}
