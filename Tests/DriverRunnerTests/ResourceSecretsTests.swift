import Drivers
import PlatformModel
import Postgres
import PureDrivers
import ServiceAPI
import TestSupport
import Testing

@testable import DriverRunner

/// Secrets on their way through a resource's action: from the broker, to the broker, and nowhere else.
@Suite struct ResourceSecretsTests {
    static let given = "given-canary-4711", made = "made-canary-4712"
    private static let source = "orgs/acme/definitions/db/password"
    private static let resource = RunnerFixture.prefix + "/" + RunnerFixture.node

    @Test func secretsComeFromTheBrokerAndGoThereAndNowhereElse() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, .string(Self.given))
            fixture.broker.grant("g", reads: [Self.source], prefix: RunnerFixture.prefix)
            let gate = Gate()
            let driver = ScriptedDriver { request, context throws(DriverError) in
                let kept = (try? await context.keepSecret("password") { Self.made }) ?? ""
                context.progress("the password is \(kept), of \(request.secrets["password"]?.string ?? "")")
                context.log("connecting with \(Self.given) and \(kept)")
                try await gate.pass()
                return DriverResult(
                    values: [
                        "host": "db.example.org", "url": .string("postgres://app:\(kept)@db"),
                        "deep": ["given": .string(Self.given), "port": 5432],
                    ],
                    secrets: ["password": .string(kept), "deep": ["token": "own-secret-canary-4713"]],
                    cookie: ["state": "cookie-canary-4714"])
            }
            let work = ActionWork.resource(
                secrets: ["password": nil, "dsn": nil],
                slots: [
                    .whole("/secrets/password", Self.source),
                    SecretSlot(
                        pointer: "/secrets/dsn",
                        parts: [.text("user=app password="), .reference(SecretReference(ref: Self.source)), .text(" x=1")]),
                ])
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let progress = try await runner.order(work, wait: 20).progress
                #expect(progress == "the password is ******, of ******")
                gate.open()
                let reply = try await runner.order(work, seen: progress)
                let call = try #require(driver.calls.first)
                #expect(call.secrets == ["password": .string(Self.given), "dsn": .string("user=app password=\(Self.given) x=1")])
                #expect(call.cookie == nil)
                #expect(reply.outputs?.values == ["host": "db.example.org", "deep": ["port": 5432]])
                let references = try #require(reply.outputs?.secretRefs)
                for (path, place) in [
                    ("/password", "password"), ("/url", "url"), ("/deep/given", "deep/given"), ("/deep/token", "deep/token"),
                ] {
                    let reference = try references[JSONPointer(path)]?.decode(SecretReference.self)
                    #expect(reference == SecretReference(ref: "\(Self.resource)/outputs/\(place)", version: "1"))
                }
                #expect(fixture.broker.kept["\(Self.resource)/outputs/url"] == .string("postgres://app:\(Self.made)@db"))
                #expect(fixture.broker.kept["\(Self.resource)/cookie"] == ["state": "cookie-canary-4714"])

                try await eventually("the line") { fixture.logs.lines == ["connecting with ****** and ******"] }
                let dump = try await fixture.dump()
                #expect(dump.contains("db.example.org"))
                #expect(!dump.contains("canary"))

                _ = try await runner.done(work, deployment: "d2")
                #expect(driver.calls.last?.cookie == ["state": "cookie-canary-4714"], "the next time it has its cookie")
                #expect(try await runner.order(.resource(), verb: .destroy).state == .succeeded)
                #expect(fixture.broker.kept.keys.sorted() == [Self.source], "nothing of the resource is left")
            }
        }
    }

    @Test func aGeneratedSecretIsMadeOnceAndKeptBeforeTheEffect() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver { _, context throws(DriverError) in
                let made = Gate()
                let kept =
                    (try? await context.keepSecret("a b/password") {
                        made.open()
                        return "generated-\(UInt64.random(in: 0 ... .max))"
                    }) ?? ""
                #expect(fixture.broker.kept.values.contains(.string(kept)), "before anything else is done")
                return DriverResult(values: ["made": .bool(made.isOpen)], secrets: ["password": .string(kept)])
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(.resource()).outputs?.values["made"] == true)
                let first = fixture.broker.kept["\(Self.resource)/outputs/password"]
                #expect(try await runner.order(.resource(), attempt: 2).outputs?.values["made"] == false)
                #expect(fixture.broker.kept["\(Self.resource)/outputs/password"] == first)
                #expect(fixture.broker.writes.first == "\(Self.resource)/generated/a~20b~2fpassword")
            }
        }
    }

    @Test func whatTheGrantDoesNotCoverIsNotRead() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, .string(Self.given))
            let driver = ScriptedDriver()
            let work = ActionWork.resource(secrets: ["a": nil], slots: [.whole("/secrets/a", Self.source)])
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let reply = try await runner.order(work)
                #expect(reply.state == .failed)
                #expect(reply.failure?.code == "RUN-005")
                #expect(reply.failure?.message.contains("not_granted") == true)
                #expect(reply.failure?.retryable == false)
                fixture.broker.grant("g", reads: [Self.source], prefix: RunnerFixture.prefix)
                let nowhere = ActionWork.resource(slots: [.whole("/secrets/a/b", Self.source)])
                let placeless = try await runner.order(nowhere, attempt: 2)
                #expect(placeless.failure?.code == "RUN-002")
                #expect(placeless.failure?.message.contains("/secrets/a/b") == true)
                #expect(driver.calls.isEmpty)
                #expect(try await !fixture.dump().contains("canary"))
            }
        }
    }

    @Test func errorsShowNoSecret() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, .string(Self.given))
            fixture.broker.grant("g", reads: [Self.source], prefix: RunnerFixture.prefix)
            let driver = ScriptedDriver { request, _ throws(DriverError) in
                throw DriverError(
                    code: "DRV-9", message: "cannot sign in with \(request.secrets["a"]?.string ?? "")", kind: .failed)
            }
            let work = ActionWork.resource(secrets: ["a": nil], slots: [.whole("/secrets/a", Self.source)])
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(work).failure?.message == "cannot sign in with ******")
                #expect(try await !fixture.dump().contains("canary"))
            }
        }
    }

    @Test func aBrokerThatIsAwayIsWaitedFor() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, .string(Self.given))
            fixture.broker.grant("g", reads: [Self.source], prefix: RunnerFixture.prefix)
            let driver = ScriptedDriver { _, _ throws(DriverError) in
                fixture.broker.isAway = true
                return DriverResult(secrets: ["a": "bbbbbbbb"])
            }
            fixture.broker.isAway = true
            let work = ActionWork.resource(secrets: ["a": nil], slots: [.whole("/secrets/a", Self.source)])
            try await fixture.runner(drivers: [driver]) { runner async throws in
                #expect(try await runner.order(work, wait: 0).state == .running)
                try await eventually("a refused reading") { fixture.broker.refusals > 0 }
                fixture.broker.isAway = false
                try await eventually("the driver's call") { driver.calls.count == 1 }
                let before = fixture.broker.refusals
                try await eventually("a refused writing") { fixture.broker.refusals > before }
                fixture.broker.isAway = false
                #expect(try await runner.done(work).state == .succeeded)
                #expect(driver.calls.count == 1)
            }
        }
    }

    @Test func aSecretInAManifestIsRefused() async throws {
        try await RunnerFixture.with { fixture in
            let driver = ScriptedDriver { _, context throws(DriverError) in
                let kept = (try? await context.keepSecret("password") { Self.made }) ?? ""
                return DriverResult(manifests: [
                    DriverManifest(location: "namespace", data: ["stringData": ["p": .string("x\(kept)")]])
                ])
            }
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let reply = try await runner.order(.resource())
                #expect(reply.failure?.code == "RUN-007")
                #expect(reply.failure?.message.contains("manifest 1 (location 'namespace')") == true)
                #expect(try await !fixture.dump().contains("canary"))
            }
        }
    }
}
