import Hummingbird

/// The middleware of one group, outermost first. (Hummingbird's own group cannot be made outside of it.)
final class MiddlewareChain {
    private var middlewares: [any MiddlewareProtocol<Request, Response, RoomContext>] = []

    func add(_ middleware: any MiddlewareProtocol<Request, Response, RoomContext>) { middlewares.append(middleware) }

    func responder(before last: any HTTPResponder<RoomContext>) -> any HTTPResponder<RoomContext> {
        middlewares.reversed().reduce(last) { MiddlewareStep(middleware: $1, next: $0) }
    }
}

private struct MiddlewareStep: HTTPResponder {
    typealias Context = RoomContext
    let middleware: any MiddlewareProtocol<Request, Response, RoomContext>
    let next: any HTTPResponder<RoomContext>

    func respond(to request: Request, context: RoomContext) async throws -> Response {
        try await middleware.handle(request, context: context) { try await next.respond(to: $0, context: $1) }
    }
}
