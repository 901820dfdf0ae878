import Hummingbird

/// The routes of one listener, in groups by who may use them.
///
/// A class only because Hummingbird's router is one; it lives until the server is made.
package final class RoomRouter {
    private let router: Router<RoomContext>
    private let admins: Set<UInt32>
    package let table = RouteTable()
    /// Around every admin route that is added from now on.
    package var aroundAdmin: (any MiddlewareProtocol<Request, Response, RoomContext>)?

    /// - Parameter admins: Uids beside root that may use the admin routes.
    package init(admins: Set<UInt32> = [], metrics: MetricsRegistry = MetricsRegistry()) {
        self.admins = admins
        router = Router(context: RoomContext.self, options: .autoGenerateHeadEndpoints)
        router.add(middleware: AnswerMiddleware(table: table, metrics: metrics))
    }

    /// Routes for some of the rooms named in `callers`. Paths begin with `/v1/`.
    package func group(
        _ path: RouterPath = "", callers: Set<String>, bodyLimit: Int = RouteGroup.defaultBodyLimit
    ) -> RouteGroup {
        group(path, .callers(callers), bodyLimit)
    }

    /// Routes below `/v1/admin` for root and the configured admins.
    package func admin(_ path: RouterPath = "", bodyLimit: Int = RouteGroup.defaultBodyLimit) -> RouteGroup {
        let routes = group(RouterPath("/v1/admin").appendingPath(path), .admin, bodyLimit)
        if let aroundAdmin { routes.add(middleware: aroundAdmin) }
        return routes
    }

    /// Routes for everybody on the network, on a listener that rooms do not use.
    package func network(_ path: RouterPath = "", bodyLimit: Int = RouteGroup.defaultBodyLimit) -> RouteGroup {
        group(path, .network, bodyLimit)
    }

    func health() -> RouteGroup { group("", .health, 0) }

    func responder() -> RouterResponder<RoomContext> { router.buildResponder() }

    private func group(_ path: RouterPath, _ audience: Audience, _ bodyLimit: Int) -> RouteGroup {
        RouteGroup(
            router: router, table: table, prefix: path, audience: audience, admins: admins, bodyLimit: bodyLimit,
            middlewares: MiddlewareChain())
    }
}
