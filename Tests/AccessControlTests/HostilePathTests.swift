import AccessControl
import PlatformModel
import Testing

/// T52, the addresses of requests: whatever stands in them, no route sees a part of a path that leads elsewhere.
@Suite struct HostilePathTests {
    /// What no id is: each of these ends the request before anybody is asked.
    static let nowhere = [
        "..", ".", "%2e%2e", "%2E%2e", "%2e", "..%2f..%2fetc", "a%2fb", "%2fetc%2fpasswd", "a%00", "%00", "a%0d%0aSet-Cookie:x",
        "a%7f", "",
        "%zz", "%", "%ff", "%c0%ae%c0%ae", "%e0%80%ae",
    ]

    /// Every route, in each of its parameters.
    @Test("T52: no parameter of any route is a way out", arguments: PublicRoute.all.filter { $0.pattern.contains("{") })
    func everyRoute(_ route: PublicRoute) {
        let segments = route.pattern.split(separator: "/").map(String.init)
        for place in segments.indices where segments[place].hasPrefix("{") {
            // Of a resource type or a profile a slash is a part, once it is decoded.
            let mayHoldSlash = ["{type}", "{typeId}", "{profileQid}"].contains(segments[place])
            for hostile in Self.nowhere where !(mayHoldSlash && hostile == "a%2fb") {
                var path = segments.map { $0.hasPrefix("{") ? "x" : $0 }
                path[place] = hostile
                let text = "/" + path.joined(separator: "/")
                let match = PublicRouteTable.publicAPI.match(method: route.method, path: text)
                if case .found = match { Issue.record("\(route.method) \(text) was let in") }
            }
        }
    }

    /// What goes on to a room says the same as what was matched, however it was spelled.
    @Test("T52: a room is asked for what was matched", arguments: PublicRoute.all.filter { $0.pattern.contains("{") })
    func whatARoomIsAskedFor(_ route: PublicRoute) {
        for value in [
            "...", "..a", "a..", "~", "%2e%2e%2e", "a%20b", "%C3%A9", "a%2Bb", "a+b", "a%25b", "a%252fb", "%252e%252e", "a%3Fb",
            "a%23b", "a;b",
        ] {
            let path = route.pattern.split(separator: "/").map { $0.hasPrefix("{") ? value : String($0) }.joined(separator: "/")
            guard case .found(let match) = PublicRouteTable.publicAPI.match(method: route.method, path: "/" + path) else {
                Issue.record("\(route.method) \(path) is an odd id, and no way out")
                continue
            }
            let decoded = PercentEncoding.decode(value)
            #expect(match.parameters.values.allSatisfy { $0 == decoded })
            let asked = match.roomPath.dropFirst("/v1/".count).split(separator: "/", omittingEmptySubsequences: false)
            #expect(asked.map { PercentEncoding.decode($0) } == path.split(separator: "/").map { PercentEncoding.decode($0) })
            #expect(!asked.contains("..") && !match.roomPath.contains("?") && !match.roomPath.contains("#"))
        }
    }

    @Test("T52: slashes and dots around a route are no route", arguments: PublicRoute.all)
    func around(_ route: PublicRoute) {
        let path = route.pattern.split(separator: "/").map { $0.hasPrefix("{") ? "x" : String($0) }.joined(separator: "/")
        for text in [
            "//\(path)", "/./\(path)", "/../\(path)", "/\(path)/", "/\(path)/.", "/\(path)/..", "/%2e%2e/\(path)", "\(path)",
            "/\(path)%00", "/v1/\(path)",
        ] {
            if case .found(let match) = PublicRouteTable.publicAPI.match(method: route.method, path: text) {
                // `/x/.` may be another route's parameter, were it one.
                Issue.record("\(route.method) \(text) is \(match.route.pattern)")
            }
        }
    }
}
