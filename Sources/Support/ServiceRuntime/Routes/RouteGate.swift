import HTTPTypes
import Hummingbird
import Logging
import NIOCore

/// Stands before every route: is this caller allowed, is the body within its limit.
struct RouteGate: HTTPResponder {
    typealias Context = RoomContext

    let audience: Audience
    let admins: Set<UInt32>
    let bodyLimit: Int
    let next: any HTTPResponder<RoomContext>

    func respond(to request: Request, context: RoomContext) async throws -> Response {
        if let refusal = audience.refusal(of: context.connection.origin, admins: admins) {
            context.logger.warning(
                "refused a caller",
                metadata: [
                    "route": "\(context.endpointPath ?? "")", "group": "\(audience.description)",
                    "peer": "\(context.connection.origin)",
                ])
            throw refusal
        }
        var request = request, context = context
        context.bodyLimit = bodyLimit
        if let length = request.headers[.contentLength].flatMap(Int.init) {
            guard length <= bodyLimit else { throw BoundedBody.tooLarge(bodyLimit) }
        } else if request.headers[.transferEncoding] != nil {
            request.body = RequestBody(asyncSequence: BoundedBody(base: request.body, limit: bodyLimit))
        }
        return try await next.respond(to: request, context: context)
    }
}

/// A body of unknown length that ends with 413 when it passes its limit.
struct BoundedBody: AsyncSequence, Sendable {
    typealias Element = ByteBuffer
    let base: RequestBody
    let limit: Int

    static func tooLarge(_ limit: Int) -> HTTPFailure {
        HTTPFailure(.contentTooLarge, "too_large", "the body is larger than this route's limit of \(limit) bytes")
    }

    struct AsyncIterator: AsyncIteratorProtocol {
        var base: RequestBody.AsyncIterator
        var left: Int
        let limit: Int

        mutating func next() async throws -> ByteBuffer? {
            guard let piece = try await base.next() else { return nil }
            left -= piece.readableBytes
            guard left >= 0 else { throw BoundedBody.tooLarge(limit) }
            return piece
        }
    }

    func makeAsyncIterator() -> AsyncIterator { AsyncIterator(base: base.makeAsyncIterator(), left: limit, limit: limit) }
}
