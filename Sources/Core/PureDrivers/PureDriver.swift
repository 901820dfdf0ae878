import PlatformModel
import Templating

/// The drivers whose result follows from their inputs alone: the runner's drivers call these, and so does whoever renders offline.
package enum PureDriver: String, Sendable, CaseIterable {
    case echo
    case template

    /// Nil for a driver that touches the outside.
    package init?(type: String) {
        guard let driver = DriverName.own(type).flatMap(PureDriver.init(rawValue:)) else { return nil }
        self = driver
    }

    /// All that is wrong with the inputs, at once.
    package func check(_ request: DriverRequest) -> [Problem] {
        switch self {
        case .echo: return EchoRendering.check(request)
        case .template:
            var cache = DriverCache()
            return TemplateInputs.read(request, &cache).problems
        }
    }

    /// - Parameter randomness: where the random functions draw from when the cookie holds no seed of an earlier time.
    /// - Throws: `DRV-1xx` of echo, `DRV-2xx` of template.
    package func result(_ request: DriverRequest, randomness: TemplateRandomness) throws(DriverError) -> DriverResult {
        var cache = DriverCache()
        return try result(request, randomness: randomness, &cache)
    }

    /// As above; for many resources in a row, whose templates are mostly the same.
    package func result(
        _ request: DriverRequest, randomness: TemplateRandomness, _ cache: inout DriverCache
    ) throws(DriverError) -> DriverResult {
        switch self {
        case .echo: return try EchoRendering.result(request)
        case .template:
            let template = try TemplateResource(request, &cache)
            // A seed costs as much as a small template.
            let seed = template.usesRandomness ? template.seed ?? randomness.seed(of: request) : template.seed
            return try template.result(seed: seed, now: randomness.now, libraries: randomness.libraries)
        }
    }
}

/// A seed and a time that make the same result every time: each resource draws bytes of its own.
package struct TemplateRandomness: Sendable {
    private let seed: String
    package let now: Timestamp
    /// What makes keys and certificates from the seed.
    let libraries: TemplateLibraries

    /// - Parameter seed: any text.
    package init(seed: String, now: Timestamp, libraries: TemplateLibraries = TemplateLibraries()) {
        self.seed = seed
        self.now = now
        self.libraries = libraries
    }

    func seed(of request: DriverRequest) -> String { SHA256.hex(seed + "\n" + request.guResID) }
}
