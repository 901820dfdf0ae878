import HTTPTypes
import Hummingbird

/// Routes with one allow-list and one limit for bodies.
package struct RouteGroup: RouterMethods {
    package typealias Context = RoomContext

    /// 2 MiB.
    package static let defaultBodyLimit = 2 << 20

    let router: Router<RoomContext>
    let table: RouteTable
    let prefix: RouterPath
    let audience: Audience
    let admins: Set<UInt32>
    let bodyLimit: Int
    let middlewares: MiddlewareChain

    @discardableResult
    package func on<Responder: HTTPResponder>(
        _ path: RouterPath, method: HTTPRequest.Method, responder: Responder
    ) -> Self where Responder.Context == RoomContext {
        let path = prefix.appendingPath(path)
        table.add(method, path, audience)
        let gate = RouteGate(
            audience: audience, admins: admins, bodyLimit: bodyLimit,
            next: middlewares.responder(before: responder))
        router.on(path, method: method, responder: gate)
        return self
    }

    @discardableResult
    package func add(middleware: any MiddlewareProtocol<Request, Response, RoomContext>) -> Self {
        middlewares.add(middleware)
        return self
    }

    /// The same group for routes with another limit for bodies, in bytes.
    package func bodies(upTo limit: Int) -> RouteGroup {
        RouteGroup(
            router: router, table: table, prefix: prefix, audience: audience, admins: admins, bodyLimit: limit,
            middlewares: middlewares)
    }
}
