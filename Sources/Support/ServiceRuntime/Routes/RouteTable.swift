import HTTPTypes
import Hummingbird
import Synchronization

/// One route as it was registered.
package struct RegisteredRoute: Sendable, Hashable {
    package let method: HTTPRequest.Method
    /// `/v1/orgs/{org}`.
    package let path: String
    package let audience: Audience
}

/// Every route of a router: what tells a wrong method from a wrong path, and what the tests of the role table go through.
package final class RouteTable: Sendable {
    private let entries = Mutex<[(route: RegisteredRoute, path: RouterPath)]>([])

    package var routes: [RegisteredRoute] { entries.withLock { $0.map(\.route) } }

    func add(_ method: HTTPRequest.Method, _ path: RouterPath, _ audience: Audience) {
        let route = RegisteredRoute(method: method, path: path.description, audience: audience)
        entries.withLock { $0.append((route, path)) }
    }

    /// The methods that a path has a route for.
    func methods(of path: String) -> [HTTPRequest.Method] {
        let segments = path.split(separator: "/")
        var methods: [HTTPRequest.Method] = []
        for (route, candidate) in entries.withLock({ $0 }) where Self.matches(candidate, segments) {
            if !methods.contains(route.method) { methods.append(route.method) }
        }
        return methods
    }

    private static func matches(_ path: RouterPath, _ segments: [Substring]) -> Bool {
        for (index, element) in path.components.enumerated() {
            if element == .recursiveWildcard { return segments.count >= index }
            guard index < segments.count, element ~= segments[index] else { return false }
        }
        return path.components.count == segments.count
    }
}
