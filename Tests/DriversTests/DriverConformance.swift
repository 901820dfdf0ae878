import Drivers
import PlatformModel
import PureDrivers
import Synchronization
import Testing

/// What every driver must do, whatever it drives. A driver's tests run it with requests of its own.
enum DriverConformance {
    /// How a driver differs where it may.
    struct Traits: Sendable {
        /// Whether `destroy` leaves something that `find` can miss.
        var leavesEffect = true
    }

    /// - Parameters:
    ///   - valid: a request that succeeds; without cookie.
    ///   - invalid: requests that `check` must refuse.
    static func run(
        _ driver: any Driver, valid: DriverRequest, invalid: [DriverRequest], traits: Traits = Traits(),
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let bench = DriverBench()
        var request = valid
        #expect(driver.check(request).isEmpty, "a valid request has no problems", sourceLocation: sourceLocation)

        let first = try await driver.provision(request, bench.context)
        noSecret(of: request, in: first, sourceLocation)
        request.cookie = first.cookie
        let second = try await driver.provision(request, bench.context)
        #expect(second.values == first.values, "provisioning again answers the same", sourceLocation: sourceLocation)
        #expect(second.secrets == first.secrets, "provisioning again keeps the secrets", sourceLocation: sourceLocation)
        #expect(second.manifests == first.manifests, sourceLocation: sourceLocation)

        // The first answer was lost on its way: no cookie, the same broker.
        var lost = valid
        lost.cookie = nil
        let again = try await driver.provision(lost, bench.context)
        #expect(again.values == first.values, "a lost answer is given again", sourceLocation: sourceLocation)
        #expect(again.secrets == first.secrets, "a lost answer keeps its secrets", sourceLocation: sourceLocation)

        try await find(driver, request, first, bench, sourceLocation)
        try await driver.destroy(request, bench.context)
        try await driver.destroy(request, bench.context)
        let gone = try await driver.find(request, bench.context)
        if traits.leavesEffect, driver.canFind {
            #expect(gone == .absent, "what is destroyed is not found", sourceLocation: sourceLocation)
        }
        for wrong in invalid { await refuses(driver, wrong, bench, sourceLocation) }
        noSecret(of: request, in: bench.lines, sourceLocation)
    }

    private static func find(
        _ driver: any Driver, _ request: DriverRequest, _ result: DriverResult, _ bench: DriverBench,
        _ sourceLocation: SourceLocation
    ) async throws {
        switch try await driver.find(request, bench.context) {
        case .present(let found):
            #expect(found.values == result.values, "what is found is what was made", sourceLocation: sourceLocation)
        case .absent:
            Issue.record("what was provisioned is not found", sourceLocation: sourceLocation)
        case .cannotTell:
            #expect(!driver.canFind, "a driver that can find can tell", sourceLocation: sourceLocation)
        }
    }

    /// Bad inputs are told by `check`, and by `provision` without effect; neither shows a secret.
    private static func refuses(
        _ driver: any Driver, _ request: DriverRequest, _ bench: DriverBench, _ sourceLocation: SourceLocation
    ) async {
        let problems = driver.check(request)
        #expect(!problems.isEmpty, "\(request.values) is wrong", sourceLocation: sourceLocation)
        for problem in problems {
            #expect(problem.code.hasPrefix("DRV-"), sourceLocation: sourceLocation)
            noSecret(of: request, in: [problem.description], sourceLocation)
        }
        do throws(DriverError) {
            _ = try await driver.provision(request, bench.context)
            Issue.record("\(request.values) was provisioned", sourceLocation: sourceLocation)
        } catch {
            #expect(error.kind == .invalidInput, sourceLocation: sourceLocation)
            noSecret(of: request, in: [error.message], sourceLocation)
        }
    }

    private static func noSecret(of request: DriverRequest, in result: DriverResult, _ sourceLocation: SourceLocation) {
        let open = [result.values.canonical] + result.manifests.map(\.data.canonical)
        noSecret(of: request, in: open, sourceLocation)
    }

    private static func noSecret(of request: DriverRequest, in texts: [String], _ sourceLocation: SourceLocation) {
        for secret in leaves(request.secrets) {
            for text in texts { #expect(!text.contains(secret), "a secret is in clear", sourceLocation: sourceLocation) }
        }
    }

    private static func leaves(_ value: JSON) -> [String] {
        switch value {
        case .string(let text): [text]
        case .array(let elements): elements.flatMap(leaves)
        case .object(let members): members.values.flatMap(leaves)
        default: []
        }
    }
}

/// A broker's shelf, a clock and listeners for one driver under test.
final class DriverBench: Sendable {
    private let shelf = Mutex<[String: String]>([:])
    private let heard = Mutex<[String]>([])
    private let counter = Mutex<UInt64>(0)

    /// All progress and log lines.
    var lines: [String] { heard.withLock { $0 } }
    /// The names of what was kept.
    var kept: [String] { shelf.withLock { $0.keys.sorted() } }

    var context: DriverContext {
        DriverContext(
            keepSecret: { name, make in
                self.shelf.withLock { shelf in
                    if let value = shelf[name] { return value }
                    let value = make()
                    shelf[name] = value
                    return value
                }
            },
            progress: { line in self.heard.withLock { $0.append(line) } },
            log: { line in self.heard.withLock { $0.append(line) } },
            now: { Timestamp(milliseconds: 1_772_892_309_250) },
            randomBytes: { count in
                self.counter.withLock { counter in
                    (0..<count).map { _ in
                        counter = counter &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                        return UInt8(truncatingIfNeeded: counter >> 56)
                    }
                }
            })
    }

    static func request(
        type: String = "config", params: JSON = [:], values: JSON = [:], secrets: JSON = [:], cookie: JSON? = nil
    ) -> DriverRequest {
        DriverRequest(
            key: "d1/n1/provision/1",
            environment: EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development"),
            identity: ResourceIdentity(type: type, id: "modules.web.externals.it"),
            guResID: "0123456789abcdef0123456789abcdef01234567", params: params, values: values, secrets: secrets,
            cookie: cookie)
    }
}
