import Drivers
import Outgoing
import PlatformModel
import PureDrivers
import Testing

@Suite(.timeLimit(.minutes(1)))
struct HTTPDriverTests {
    private static let registration = ResourceDriver(
        orgID: "acme", id: "boxes", type: "config", target: "https://drivers.example.com/boxes")

    private func driver(_ connector: RecordingConnector, change: (inout HTTPDriverLimits) -> Void = { _ in }) throws -> HTTPDriver
    {
        var limits = HTTPDriverLimits()
        limits.firstPause = .milliseconds(1)
        limits.longestPause = .milliseconds(4)
        change(&limits)
        return HTTPDriver(
            Self.registration, at: try DriverAddress(Self.registration.target), connector: connector, limits: limits)
    }

    private func failure(
        _ connector: RecordingConnector, cookie: JSON? = nil, change: (inout HTTPDriverLimits) -> Void = { _ in }
    ) async throws -> DriverError {
        try #require(
            await #expect(throws: DriverError.self) {
                try await driver(connector, change: change).provision(
                    DriverBench.request(secrets: ["key": "correct-horse"], cookie: cookie), DriverBench().context)
            })
    }

    @Test func whatIsSent() async throws {
        let connector = RecordingConnector(.outputs(cookie: "two"), .outputs(), .status(204))
        let driver = try driver(connector), bench = DriverBench()
        let request = DriverBench.request(
            params: ["size": 3], values: ["name": "box"], secrets: ["key": "correct-horse"], cookie: "one")
        let result = try await driver.provision(request, bench.context)
        #expect(result == DriverResult(values: ["host": "x"], secrets: ["token": "t"], cookie: "two"))
        #expect(bench.keptCookies == ["two"])
        #expect(
            try await driver.find(request, bench.context)
                == .present(DriverResult(values: ["host": "x"], secrets: ["token": "t"], cookie: "one")))
        try await driver.destroy(request, bench.context)
        #expect(connector.calls.map(\.method) == [.put, .get, .delete])
        let call = try #require(connector.calls.first)
        #expect(call.address.url(of: call.guResID) == "https://drivers.example.com/boxes/" + request.guResID)
        #expect(call.cookie == "one")
        #expect(
            try JSON.parse(call.body ?? []) == [
                "id": .string(request.guResID), "type": "config", "resource": ["size": 3],
                "driver": ["values": ["name": "box"], "secrets": ["key": "correct-horse"]],
            ])
        #expect(connector.calls[1].body == nil && connector.calls[2].body == call.body)
    }

    @Test func theSameRequestUntilItIsDoneWithTheNewestCookie() async throws {
        let connector = RecordingConnector(
            .status(202, #"{"message":"half\nway"}"#, cookie: "begun"), .status(409, "busy"), .status(503),
            .failure(.lost("reset")),
            .status(202, cookie: ""), .outputs())
        let bench = DriverBench()
        let result = try await driver(connector).provision(DriverBench.request(), bench.context)
        #expect(connector.calls.map(\.cookie) == [nil, "begun", "begun", "begun", "begun", nil])
        #expect(Set(connector.calls.map(\.body)).count == 1)
        #expect(result.cookie == "", "cleared")
        #expect(bench.keptCookies == ["begun", ""])
        #expect(
            bench.lines == [
                "the driver is at work: half way", "the driver is busy with another operation on this resource: busy",
                "no usable answer (attempt 1): 503", "no usable answer (attempt 2): reset", "the driver is at work",
            ])
    }

    @Test(arguments: [
        (400, "DRV-504", DriverError.Kind.invalidInput), (401, "DRV-505", .refused), (403, "DRV-505", .refused),
        (404, "DRV-505", .failed), (302, "DRV-505", .refused), (204, "DRV-505", .failed), (418, "DRV-505", .failed),
    ])
    func statusesThatNoWaitingChanges(status: Int, code: String, kind: DriverError.Kind) async throws {
        let connector = RecordingConnector(.status(status, #"{"error":"e","message":"size is too large"}"#))
        let error = try await failure(connector)
        #expect(error.code == code && error.kind == kind)
        #expect(connector.calls.count == 1)
        #expect(error.message.hasPrefix("config.default#modules.web.externals.it: driver acme/boxes: "))
        if status != 302 { #expect(error.message.contains("size is too large")) }
    }

    @Test(
        arguments: [
            .status(500, "boom"), .status(429, retryAfter: 3600), .failure(.notConnected("Connection refused")),
            .failure(.lost("reset")),
        ] as [Result<DriverAnswer, OutgoingFailure>])
    func whatMayPassIsTriedAFewTimes(answer: Result<DriverAnswer, OutgoingFailure>) async throws {
        let connector = RecordingConnector(answer)
        let error = try await failure(connector) { $0.attempts = 3 }
        #expect(error.code == "DRV-503" && error.kind == .transient)
        #expect(connector.calls.count == 3)
    }

    @Test func workThatNeverEndsEndsForUs() async throws {
        let error = try await failure(RecordingConnector(.status(202))) { $0.action = .milliseconds(50) }
        #expect(error.code == "DRV-506" && error.kind == .transient)
        #expect(error.message.contains("still at work"))
    }

    @Test(
        arguments: [
            (.failure(.notAllowed("127.0.0.1")), "DRV-502", "drivers.example.com (127.0.0.1)"),
            (.failure(.untrusted("bad certificate")), "DRV-503", "bad certificate"),
            (.failure(.tooLarge(limit: 7)), "DRV-507", "more than 7 bytes"),
            (.status(200, "<html>"), "DRV-507", "no JSON"), (.status(200, "[]"), "DRV-507", "an object is needed, not array"),
            (.status(200, #"{"resource":{"values":[]}}"#), "DRV-507", "resource.values"),
            (.status(200, #"{"type":"postgres","resource":{}}"#), "DRV-507", "'postgres', not 'config'"),
            (.status(200, #"{"manifests":[{"location":"clster","data":{}}]}"#), "DRV-507", "manifests[0].location"),
            (.status(200, #"{"manifests":[{"location":"cluster"}]}"#), "DRV-507", "manifests[0].data"),
            (.outputs(cookie: String(repeating: "x", count: 10_240)), "DRV-507", "10240 bytes"),
            // T48: deep JSON.
            (.status(200, String(repeating: "[", count: 500_000)), "DRV-507", "no JSON"),
            (.status(200, String(repeating: #"{"a":"#, count: 300_000)), "DRV-507", "no JSON"),
        ] as [(Result<DriverAnswer, OutgoingFailure>, String, String)])
    func answersThatCannotBeUsed(answer: Result<DriverAnswer, OutgoingFailure>, code: String, words: String) async throws {
        let connector = RecordingConnector(answer)
        let error = try await failure(connector)
        #expect(error.code == code && error.message.contains(words), "\(error)")
        #expect(connector.calls.count == 1)
        #expect(!error.message.contains("correct-horse"))
    }

    @Test func whatADriverDoesNotReadIsNotKnown() async throws {
        for status in [405, 202, 409] {
            let finding = try await driver(RecordingConnector(.status(status))).find(DriverBench.request(), DriverBench().context)
            #expect(finding == .cannotTell)
        }
        #expect(try await driver(RecordingConnector(.status(404))).find(DriverBench.request(), DriverBench().context) == .absent)
        // 404 is no answer of DELETE: with a wrong address everything would seem to be gone.
        let error = await #expect(throws: DriverError.self) {
            try await driver(RecordingConnector(.status(404))).destroy(DriverBench.request(), DriverBench().context)
        }
        #expect(error?.code == "DRV-505")
    }

    @Test func anotherTypeIsRefused() throws {
        let problems = try driver(RecordingConnector(.outputs())).check(DriverBench.request(type: "dns"))
        #expect(problems.map(\.description).joined().contains("'config'"))
    }

    @Test func virtualDriversAreReadStrictly() async throws {
        func problems(_ template: String, target: String = "driver://martlet/echo") throws -> String {
            let registration = ResourceDriver(orgID: "acme", id: "v-v", type: "", target: target, template: template)
            let driver = try DriverCatalogue([EchoDriver()]).driver(type: "acme/v-v", registered: [registration])
            return driver.check(DriverBench.request(values: ["a": "hunter2-hunter2"])).map(\.description).joined(separator: "; ")
        }
        #expect(try problems("values: {{ .driver.values | toRawJson }}") == "")
        #expect(try problems("").isEmpty)
        #expect(try problems("valeus: 1").contains("values"))
        #expect(try problems("values: {{ .driver.values.a.b.c }}").contains("TPL-002"))
        #expect(try !problems("values: {{ fail .driver.values.a }}").contains("hunter2"))
        #expect(try problems("values: {a: {{ randAlphaNum 5 }}}").contains("random"))
        #expect(try problems("[]").contains("an object"))
        #expect(try problems("values: text").contains("objects"))
        #expect(throws: DriverError.self) { try problems("", target: "driver://acme/nobody") }
    }
}
