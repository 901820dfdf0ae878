import Outgoing
import PlatformModel
import PureDrivers

/// One action at an http driver: the same request again while the driver works (202), while it is busy with another one (409), and, a
/// few times, while it does not answer well.
struct DriverExchange {
    let driver: HTTPDriver
    let request: DriverRequest
    let context: DriverContext
    private var cookie: String?
    private var failures = 0
    private var pause: Duration
    private let end: ContinuousClock.Instant

    static let longestCookie = 10_240

    init(_ driver: HTTPDriver, _ request: DriverRequest, _ context: DriverContext) {
        self.driver = driver
        self.request = request
        self.context = context
        cookie = request.cookie?.string
        pause = driver.limits.firstPause
        end = .now + driver.limits.action
    }

    /// What to send next time, as the result of a resource keeps it.
    var keptCookie: JSON? { cookie.map(JSON.string) }

    /// Asks until there is an answer that is the end of it: any status that no waiting changes.
    mutating func ask(_ method: DriverCall.Method) async throws(DriverError) -> DriverAnswer {
        let body = try method == .get ? nil : encoded()
        while true {
            if Task.isCancelled { throw cancelled }
            let call = DriverCall(
                method: method, address: driver.address, guResID: request.guResID, cookie: cookie?.isEmpty == true ? nil : cookie,
                body: body, timeout: min(driver.limits.request, max(end - .now, .milliseconds(1))))
            let answer: DriverAnswer
            do { answer = try await driver.connector.send(call) } catch {
                try await wait(afterFailure: try worthRepeating(error), nil)
                continue
            }
            try await keep(answer.cookie)
            switch answer.status {
            case 202 where method != .get:
                failures = 0
                context.progress(hint(answer, "the driver is at work"))
                try await wait(answer.retryAfter, "the driver is still at work")
            case 409 where method != .get:
                failures = 0
                context.progress(hint(answer, "the driver is busy with another operation on this resource"))
                try await wait(answer.retryAfter, "another operation on this resource does not end")
            case 429, 500...599: try await wait(afterFailure: said(answer), answer.retryAfter)
            default: return answer
            }
        }
    }

    // MARK: What is sent

    private func encoded() throws(DriverError) -> [UInt8] {
        let body: JSON = [
            "id": .string(request.guResID), "type": .string(request.identity.type), "resource": request.params,
            "driver": request.driverInputs,
        ]
        do throws(JSONError) { return try JSON.encode(body) } catch {
            throw driver.error("DRV-507", request, "the inputs cannot be sent: \(error.message)", .invalidInput)
        }
    }

    /// Kept as soon as it comes: a driver without a memory of its own knows by it what it has begun.
    private mutating func keep(_ new: String?) async throws(DriverError) {
        guard let new, new != cookie else { return }
        guard new.utf8.count < Self.longestCookie else {
            throw driver.error(
                "DRV-507", request,
                "the driver's cookie has \(new.utf8.count) bytes; it must be shorter than \(Self.longestCookie)", .failed)
        }
        cookie = new
        do { try await context.keepCookie(.string(new)) } catch {
            throw driver.error("DRV-508", request, "the broker did not keep the driver's cookie; try again", .transient)
        }
    }

    // MARK: Waiting

    /// - Throws: what no repetition changes.
    private func worthRepeating(_ failure: OutgoingFailure) throws(DriverError) -> String {
        switch failure {
        case .notConnected(let reason), .lost(let reason): return reason
        case .notAllowed(let address):
            throw driver.error(
                "DRV-502", request,
                "its host \(driver.address.authority) (\(address)) is no place where http drivers may be; an administrator of this "
                    + "machine allows places in runner.yaml under drivers.http", .refused)
        case .untrusted(let reason): throw driver.error("DRV-503", request, reason, .refused)
        case .tooLarge(let limit):
            throw driver.error("DRV-507", request, "the driver's answer has more than \(limit) bytes", .failed)
        case .cancelled: throw cancelled
        }
    }

    private mutating func wait(afterFailure reason: String, _ seconds: Int?) async throws(DriverError) {
        failures += 1
        guard failures < driver.limits.attempts else {
            throw driver.error(
                "DRV-503", request, "the driver gave no usable answer \(failures) times in a row, at last: \(reason)", .transient)
        }
        context.progress("no usable answer (attempt \(failures)): \(reason.prefix(200))")
        try await wait(seconds, reason)
    }

    private mutating func wait(_ seconds: Int?, _ reason: String) async throws(DriverError) {
        let asked = seconds.map { min(.seconds($0), driver.limits.longestPause) } ?? .zero
        let length = max(asked, pause)
        pause = min(pause * 2, driver.limits.longestPause)
        guard ContinuousClock.now + length < end else {
            throw driver.error(
                "DRV-506", request,
                "\(reason) after \(driver.limits.action.components.seconds / 60) minutes; deploy again to go on waiting for it",
                .transient)
        }
        do { try await Task.sleep(for: length) } catch { throw cancelled }
    }

    private var cancelled: DriverError { driver.error("DRV-503", request, "cancelled", .unknown) }

    // MARK: Words of the driver

    /// What an answer says of itself, for people: short, and on one line.
    func said(_ answer: DriverAnswer) -> String {
        let document = try? JSON.parse(answer.body)
        let words = ["message", "error", "details", "detail", "progress", "status"].lazy.compactMap { document?[$0]?.string }
            .first
        let text = words ?? String(decoding: answer.body.prefix(300), as: UTF8.self)
        let line = text.map { $0.isNewline || $0 == "\t" ? " " : String($0) }.joined().trimmingSpaces
        return "\(answer.status)" + (line.isEmpty ? "" : " \(line.prefix(240))")
    }

    private func hint(_ answer: DriverAnswer, _ words: String) -> String {
        let said = said(answer).dropFirst("\(answer.status)".count).trimmingPrefix(" ")
        return said.isEmpty ? words : "\(words): \(said)"
    }
}

extension String {
    fileprivate var trimmingSpaces: String {
        var text = self[...]
        while text.first == " " { text.removeFirst() }
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
