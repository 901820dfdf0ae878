import FoundationEssentials
import PlatformModel
import Synchronization

@testable import Templating

/// Files beside the tests.
enum TestFiles {
    static func bytes(_ path: String, from source: String = #filePath) throws -> [UInt8] {
        let folder = source.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        return Array(try Data(contentsOf: URL(filePath: folder + "/" + path)))
    }
}

extension TemplateEnvironment {
    /// A fixed moment, and bytes that count upwards.
    static var fixed: TemplateEnvironment {
        let counter = Counter()
        return TemplateEnvironment(now: Timestamp(milliseconds: 1_772_892_309_250), randomBytes: { counter.next($0) })
    }
}

extension TemplateEnvironment {
    func limited(to limits: TemplateLimits) -> TemplateEnvironment {
        var environment = self
        environment.limits = limits
        return environment
    }
}

/// Bytes that are spread, and the same every time.
private final class Counter: Sendable {
    private let state = Mutex<UInt32>(1)

    func next(_ count: Int) -> [UInt8] {
        state.withLock { state in
            (0..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(truncatingIfNeeded: state >> 24)
            }
        }
    }
}
