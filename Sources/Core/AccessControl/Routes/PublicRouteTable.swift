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

    private enum Part: Sendable {
        case word(String)
        /// - mayHaveSlash: Resource types and workload profiles (`acme/queue`); nothing else may, or two readers of a path could differ.
        case parameter(name: String, mayHaveSlash: Bool)

        init(_ text: Substring) {
            guard text.hasPrefix("{") else {
                self = .word(String(text))
                return
            }
            let name = String(text.dropFirst().dropLast())
            self = .parameter(name: name, mayHaveSlash: ["type", "typeId", "profileQid"].contains(name))
        }
    }

    private struct Entry: Sendable {
        var parts: [Part]
        var route: PublicRoute
    }

    /// By number of segments: a handful of candidates a request.
    private let entries: [Int: [Entry]]

    package init(_ routes: [PublicRoute]) {
        let all = routes.map { Entry(parts: $0.pattern.dropFirst().split(separator: "/").map(Part.init), route: $0) }
        entries = Dictionary(grouping: all, by: \.parts.count)
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
            guard Self.fits(segments, entry.parts) else { continue }
            if entry.route.method == method {
                let parameters = Self.parameters(of: segments, in: entry.parts)
                return .found(MatchedRoute(route: entry.route, segments: segments, parameters: parameters))
            }
            allowed.append(entry.route.method)
        }
        return allowed.isEmpty ? .none : .wrongMethod(allowed: allowed.sorted())
    }

    private static func fits(_ segments: [String], _ parts: [Part]) -> Bool {
        zip(segments, parts).allSatisfy { segment, part in
            switch part {
            case .word(let word): segment == word
            case .parameter(_, let mayHaveSlash):
                !segment.utf8.contains(UInt8(ascii: "/")) || mayHaveSlash && isQualified(segment)
            }
        }
    }

    private static func parameters(of segments: [String], in parts: [Part]) -> [String: String] {
        var parameters: [String: String] = [:]
        for (segment, part) in zip(segments, parts) {
            if case .parameter(let name, _) = part { parameters[name] = segment }
        }
        return parameters
    }

    /// A slash does not lead anywhere.
    private static func isQualified(_ segment: String) -> Bool {
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
