import PlatformModel

/// Finds the route of a request.
package struct PublicRouteTable: Sendable {
    package enum Match: Sendable, Hashable {
        case found(MatchedRoute)
        /// The path exists with other methods: 405 with these in `Allow`.
        case wrongMethod(allowed: [String])
        case none
    }

    /// Every public route.
    package static let publicAPI = PublicRouteTable(PublicRoute.all)

    private struct Entry: Sendable {
        var segments: [Substring]
        var route: PublicRoute
    }

    /// By number of segments: a handful of candidates a request.
    private let entries: [Int: [Entry]]

    package init(_ routes: [PublicRoute]) {
        entries = Dictionary(grouping: routes.map { Entry(segments: $0.pattern.dropFirst().split(separator: "/"), route: $0) }) {
            $0.segments.count
        }
    }

    /// - Parameter path: percent-encoded, without the query.
    package func match(method: String, path: String) -> Match {
        guard path.hasPrefix("/"), path.utf8.count <= 4096 else { return .none }
        let raw = path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        var segments: [String] = []
        for segment in raw {
            guard let decoded = PathSegment.decode(segment) else { return .none }
            segments.append(decoded)
        }
        var allowed: [String] = []
        for entry in entries[segments.count] ?? [] {
            guard let parameters = Self.parameters(of: segments, in: entry.segments) else { continue }
            if entry.route.method == method {
                return .found(MatchedRoute(route: entry.route, segments: segments, parameters: parameters))
            }
            allowed.append(entry.route.method)
        }
        return allowed.isEmpty ? .none : .wrongMethod(allowed: allowed.sorted())
    }

    private static func parameters(of segments: [String], in pattern: [Substring]) -> [String: String]? {
        var parameters: [String: String] = [:]
        for (segment, expected) in zip(segments, pattern) {
            if expected.hasPrefix("{") {
                let name = String(expected.dropFirst().dropLast())
                guard segment.utf8.allSatisfy({ $0 != UInt8(ascii: "/") }) || isQualified(segment, name) else { return nil }
                parameters[name] = segment
            } else if segment != expected {
                return nil
            }
        }
        return parameters
    }

    /// Resource types and workload profiles may hold a slash (`acme/queue`); nothing else may, or two readers of a path could differ. Nor
    /// does it lead anywhere there.
    private static func isQualified(_ segment: String, _ name: String) -> Bool {
        guard ["type", "typeId", "profileQid"].contains(name) else { return false }
        let parts = segment.split(separator: "/", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy { !["", ".", ".."].contains($0) }
    }
}

/// A request's route and what its path says.
package struct MatchedRoute: Sendable, Hashable {
    package let route: PublicRoute
    fileprivate let segments: [String]
    /// By name, percent-decoded: `["orgId": "acme"]`.
    package let parameters: [String: String]

    package var orgID: String? { parameters["orgId"] }
    package var appID: String? { parameters["appId"] }

    /// What the path says of the target; the environment's type is never in it.
    package var target: AccessTarget { AccessTarget(orgID: orgID, appID: appID, userID: parameters["userId"]) }

    /// The path in the room, encoded anew from the decoded segments, so that gateway and room read the same.
    package var roomPath: String { "/v1/" + segments.map { PercentEncoding.encode($0) }.joined(separator: "/") }
}
