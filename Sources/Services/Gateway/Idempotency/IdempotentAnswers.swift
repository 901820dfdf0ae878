import AccessControl
import Cryptography
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import PlatformModel
import Postgres
import ServiceRuntime

/// Does a POST with an `Idempotency-Key` once: whoever sends it again, at the same moment or after a restart, is told what the first one was.
///
/// What failed may be tried again by the same key. A secret in an answer is not kept: then the second is told that it was done.
struct IdempotentAnswers: Sendable {
    /// Longer answers are not kept.
    private static let longest = 100 << 10
    private static let patience = Duration.seconds(30)

    let pool: PostgresPool
    let logger: Logger

    /// nil for a request that has no key, or is none of those that make something.
    static func key(of request: Request, _ match: MatchedRoute) throws(HTTPFailure) -> String? {
        guard match.route.method == "POST", match.route.kind == .json, let name = HTTPField.Name("Idempotency-Key"),
            let key = request.headers[name]
        else { return nil }
        guard (1...255).contains(key.utf8.count) else {
            throw .badRequest("Idempotency-Key: 1 to 255 characters, this one has \(key.utf8.count)")
        }
        return key
    }

    /// - Parameters:
    ///   - body: All of the request's.
    ///   - perform: Does it.
    func respond(
        _ key: String, of principal: Principal, in org: String, _ match: MatchedRoute, _ request: Request, body: [UInt8],
        perform: () async throws -> Response
    ) async throws -> Response {
        let what = [match.route.method, match.roomPath, request.uri.query ?? ""].joined(separator: "\u{1f}") + "\u{1f}"
        let name = IdempotencyStore.Name(
            org: org, subject: principal.id, key: try Digest.sha256(Array(key.utf8)),
            fingerprint: try Digest.sha256(Array(what.utf8) + body))
        let claim = Hexadecimal.encode(try RandomBytes.make(10))
        if let answer = try await wait(for: name, as: claim) { return try Self.response(answer) }
        do {
            let response = try await perform()
            guard response.status.kind == .successful else {
                try await AuditTrail.aside { try await IdempotencyStore.release(name, as: claim, pool) }
                return response
            }
            return try await keep(response, match.route, name, claim)
        } catch {
            // Also when whoever asked is gone, and this task is cancelled: the next one need not wait.
            await Task { try? await AuditTrail.aside { try await IdempotencyStore.release(name, as: claim, pool) } }.value
            throw error
        }
    }

    /// - Returns: What was answered before; nil when it is ours to do.
    private func wait(for name: IdempotencyStore.Name, as claim: String) async throws -> IdempotencyStore.Answer? {
        let end = ContinuousClock.now + Self.patience
        var pause = Duration.milliseconds(10)
        while true {
            switch try await AuditTrail.aside({ try await IdempotencyStore.claim(name, as: claim, pool) }) {
            case .claimed: return nil
            case .answered(let answer): return answer
            case .other:
                throw HTTPFailure(
                    .unprocessableContent, "idempotency_key_reused",
                    "This Idempotency-Key stands for another request of yours. Use a new one for each thing that is to be made.")
            case .running:
                guard ContinuousClock.now < end else {
                    throw HTTPFailure(
                        .conflict,
                        ErrorBody(error: "in_progress", message: "the request with this Idempotency-Key still runs; try again"),
                        headers: [.retryAfter: "5"])
                }
                try await Task.sleep(for: pause)
                pause = min(pause * 2, .milliseconds(500))
            }
        }
    }

    private func keep(
        _ response: Response, _ route: PublicRoute, _ name: IdempotencyStore.Name, _ claim: String
    ) async throws -> Response {
        let bytes = try await response.wholeBody()
        var response = response
        response.body = ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))
        let keeps = !route.answersSecret && bytes.count <= Self.longest
        let answer = IdempotencyStore.Answer(
            status: Int(response.status.code), contentType: response.headers[.contentType], body: keeps ? bytes : nil)
        // It is done, and whoever asked is told so in any case.
        do { try await AuditTrail.aside { try await IdempotencyStore.answer(answer, to: name, as: claim, pool) } } catch {
            logger.error("what a request was answered could not be kept", metadata: ["cause": "\(error)"])
        }
        return response
    }

    private static func response(_ answer: IdempotencyStore.Answer) throws(HTTPFailure) -> Response {
        guard let body = answer.body else {
            throw HTTPFailure(
                .conflict, "already_done",
                "This request was done before, and its answer is not kept: it held a secret, or was long. Look at what it made; a token that was lost is ended, and another one made."
            )
        }
        var headers: HTTPFields = [:]
        headers[.contentType] = answer.contentType
        if let name = HTTPField.Name("Idempotent-Replayed") { headers[name] = "true" }
        return Response(
            status: .init(code: answer.status), headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}

extension PublicRoute {
    /// Whether what it answers is shown this once.
    var answersSecret: Bool { [.changeTokens, .createPersonToken].contains(action) }
}

extension Response {
    /// Bounded by whoever makes it: our own answers, and those of rooms that have made them whole.
    fileprivate func wholeBody() async throws -> [UInt8] {
        let whole = WholeBody()
        try await body.write(whole)
        return whole.bytes
    }
}

/// Takes what a response writes; used by one task.
private final class WholeBody: ResponseBodyWriter {
    private(set) var bytes: [UInt8] = []

    func write(_ buffer: ByteBuffer) async throws { bytes += buffer.readableBytesView }

    func finish(_ trailingHeaders: HTTPFields?) async throws {}
}
