import Drivers
import PlatformModel
import PureDrivers
import Synchronization

/// A broker's shelf, a clock and listeners for one driver under test.
final class DriverBench: Sendable {
    private let shelf = Mutex<[String: String]>([:])
    private let heard = Mutex<[String]>([])
    private let cookies = Mutex<[JSON]>([])
    private let counter = Mutex<UInt64>(0)

    /// All progress and log lines.
    var lines: [String] { heard.withLock { $0 } }
    /// The cookies that were kept before the end of a call.
    var keptCookies: [JSON] { cookies.withLock { $0 } }
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
            keepCookie: { cookie in self.cookies.withLock { $0.append(cookie) } },
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

    /// As `plan` has it: what it keeps is lost.
    var looking: DriverContext {
        var context = context
        context.keepSecret = { name, make in self.shelf.withLock { $0[name] } ?? make() }
        context.keepCookie = { _ in }
        return context
    }

    /// The same, but the task that runs the driver is cancelled when the driver turns to the runner for the time `moment` (0: before
    /// it begins).
    func cancelling(at moment: Int) -> DriverContext {
        let times = Mutex(0)
        let count: @Sendable () -> Void = {
            let time = times.withLock { times in
                times += 1
                return times
            }
            if time >= moment { withUnsafeCurrentTask { $0?.cancel() } }
        }
        if moment == 0 { count() }
        let calm = context
        var context = calm
        context.keepSecret = { name, make in
            let value = try await calm.keepSecret(name, make)
            count()
            return value
        }
        context.progress = { line in
            calm.progress(line)
            count()
        }
        return context
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
