import DeployTargets
import Drivers
import HTTPTypes
import PlatformModel
import PureDrivers
import ServiceAPI
import Synchronization
import TestSupport
import Testing

@testable import DriverRunner

/// Looks at what stands, under a grant for reads only: nothing is changed, nothing is kept.
@Suite(.timeLimit(.minutes(5)))
struct InspectionTests {
    private static let source = "orgs/acme/definitions/db/password"

    /// Under the grant `look`, which cannot write.
    private func look(
        _ runner: Runner, _ resources: [InspectedResource] = [], workloads: [String] = [], isLooking: Bool = true
    ) async throws -> InspectionReply {
        try await runner.client.call(
            .post, "/v1/inspections",
            body: InspectionRequest(
                id: "r1", environment: RunnerFixture.environment, grant: isLooking ? "look" : "", resources: resources,
                workloads: workloads, isLooking: isLooking),
            timeout: .seconds(120))
    }

    private func resource(_ work: ActionWork, _ reply: ActionReply?) throws -> InspectedResource {
        guard case .resource(let work) = work else { throw TestFailure() }
        return InspectedResource(work: work, last: reply?.outputs)
    }

    private struct TestFailure: Error {}

    @Test func whatStandsIsComparedWithWhatWasKeptAndNothingIsWritten() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, "first-horse-4711")
            fixture.broker.grant("g", reads: [Self.source], prefix: RunnerFixture.prefix)
            fixture.broker.grant("look", reads: [Self.source], readPrefix: RunnerFixture.prefix)
            let echo = ActionWork.resource(
                values: ["host": "db", "url": nil], secrets: ["password": nil],
                slots: [
                    .whole("/secrets/password", Self.source),
                    SecretSlot(pointer: "/values/url", parts: [.text("db://"), .reference(SecretReference(ref: Self.source))]),
                ], driver: "martlet/echo", type: "config")
            try await fixture.runner(drivers: [EchoDriver()]) { runner async throws in
                let made = try await runner.order(echo)
                let writes = fixture.broker.writes, rows = try await fixture.kept()
                var found = try await look(runner, [try resource(echo, made)])
                #expect(found.resources == [InspectionFinding(.inSync, holdsData: false)])
                // Never made.
                found = try await look(runner, [try resource(echo, nil)])
                #expect(found.resources.first?.state == .cannotTell)
                // The secret of the definition has changed since, and so has what is made of it.
                fixture.broker.put(Self.source, "other-horse-4712")
                found = try await look(runner, [try resource(echo, made)])
                #expect(found.resources.first?.state == .drifted)
                #expect(found.resources.first?.changes.map(\.path) == ["outputs/password", "outputs/url"])
                #expect(found.resources.first?.changes.allSatisfy { $0.isSecret && $0.actual == nil && $0.wanted == nil } == true)
                #expect(try await fixture.kept() == rows)
                #expect(fixture.broker.writes == writes)
            }
        }
    }

    @Test func aFailureIsAFindingAndShowsNoSecret() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, "first-horse-4711")
            fixture.broker.grant("look", reads: [Self.source], readPrefix: RunnerFixture.prefix)
            let driver = TellingDriver { request throws(DriverError) in
                throw DriverError(
                    code: "DRV-990", message: "no way in with \(request.secrets["password"]?.string ?? "")", kind: .transient)
            }
            let work = ActionWork.resource(secrets: ["password": nil], slots: [.whole("/secrets/password", Self.source)])
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let found = try await look(
                    runner, [try resource(work, nil), try resource(.resource(driver: "martlet/nix"), nil)])
                #expect(found.resources.map(\.state) == [.failed, .failed])
                #expect(found.resources.map(\.code) == ["DRV-990", "DRV-001"])
                #expect(found.resources.first?.reason == "no way in with ******")
                fixture.broker.revoke("look")
                #expect(try await look(runner, [try resource(work, nil)]).resources.first?.code == "RUN-005")
            }
        }
    }

    @Test func whatADriverTellsIsMaskedAndHasAnEnd() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.put(Self.source, "first-horse-4711")
            fixture.broker.grant("look", reads: [Self.source], readPrefix: RunnerFixture.prefix)
            let driver = TellingDriver { _ throws(DriverError) in
                .replace(
                    [
                        FieldChange("password", actual: "x", wanted: "first-horse-4711"),
                        FieldChange("url", actual: "db://first-horse-4711", wanted: nil),
                    ] + (0..<200).map { FieldChange("n\($0)", actual: 1, wanted: 2) })
            }
            let work = ActionWork.resource(secrets: ["password": nil], slots: [.whole("/secrets/password", Self.source)])
            try await fixture.runner(drivers: [driver]) { runner async throws in
                let finding = try await look(runner, [try resource(work, nil)]).resources[0]
                #expect(finding.state == .drifted && finding.mustBeReplaced && finding.holdsData == true)
                #expect(finding.changes.count == FieldChange.limit)
                #expect(finding.changes.prefix(3).map(\.isSecret) == [true, true, false])
                #expect(!(try JSON(encoding: finding).canonical.contains("horse")))
                // Facts need no grant and no look.
                let facts = try await look(runner, [try resource(work, nil)], isLooking: false)
                #expect(facts.resources.first?.holdsData == true && facts.resources.first?.state == .cannotTell)
            }
        }
    }

    /// What is found is held against the resource's type, as what is made is.
    @Test func whatIsFoundKeepsToItsType() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.grant("g", prefix: RunnerFixture.prefix)
            fixture.broker.grant("look", readPrefix: RunnerFixture.prefix)
            let type = ResourceType(
                type: "acme/queue", name: "Queue", category: "", use: "direct",
                outputsSchema: [
                    "values": ["type": "object", "required": ["port"], "properties": ["port": ["type": "integer"]]],
                    "secrets": ["type": "object", "properties": ["token": ["type": "string"]]],
                ])
            let outputs = Mutex<JSON>(["port": 1, "token": "first-horse-4711"])
            let driver = FindingDriver { outputs.withLock { DriverResult(values: $0) } }
            guard case .resource(var work) = ActionWork.resource() else { throw TestFailure() }
            work.ownType = type
            work.definition = "queues"
            try await fixture.runner(drivers: [driver]) { [work] runner async throws in
                let made = try await runner.order(.resource(work))
                #expect(made.outputs?.values == ["port": 1], "\(made)")
                let one = InspectedResource(work: work, last: made.outputs)
                func found() async throws -> InspectionFinding { try await look(runner, [one]).resources[0] }
                #expect(try await found().state == .inSync)
                // What the type declares secret is none of the plain changes, also where it is new.
                outputs.withLock { $0 = ["port": 1, "token": "other-horse-4712"] }
                var finding = try await found()
                #expect(finding.state == .drifted && finding.changes.map(\.path) == ["outputs/token"] && finding.code == nil)
                #expect(!(try JSON(encoding: finding).canonical.contains("horse")))
                outputs.withLock { $0 = ["port": "none", "token": "first-horse-4711"] }
                finding = try await found()
                #expect(finding.state == .drifted && finding.changes.map(\.path) == ["outputs/port"])
                #expect(finding.code == "RUN-008" && finding.reason?.contains("'queues'") == true, "\(finding)")
                // The type has changed since: what stands as it was made does not fit it any more.
                outputs.withLock { $0 = ["port": 1, "token": "first-horse-4711"] }
                var narrow = one
                narrow.work.ownType?.outputsSchema["values"]?["required"] = ["port", "host"]
                finding = try await look(runner, [narrow]).resources[0]
                #expect(finding.state == .failed && finding.code == "RUN-008" && finding.reason?.contains("host") == true)
            }
        }
    }

    @Test func workloadsThatWereTakenAwayAreMissed() async throws {
        try await RunnerFixture.with { fixture in
            fixture.broker.grant("look", readPrefix: RunnerFixture.prefix)
            let target = RecordingTarget()
            try await fixture.runner(drivers: [], target: target) { runner async throws in
                #expect(try await look(runner, workloads: ["web"]).workloads.map(\.state) == [.cannotTell])
                let work = ActionWork.workload([Self.deployment])
                #expect(try await runner.order(work, verb: .deploy).state == .succeeded)
                #expect(try await look(runner, workloads: ["web", "other"]).workloads.map(\.state) == [.inSync, .cannotTell])
                try await target.remove(WorkloadKey(environment: RunnerFixture.environment, workload: "web"))
                #expect(try await look(runner, workloads: ["web"]).workloads.map(\.state) == [.missing])
            }
        }
    }

    @Test(arguments: [
        ("docker.io/library/busybox:latest", "busybox", false), ("docker.io/acme/web:1", "acme/web:1", false),
        ("localhost/web:latest", "web", false), ("docker.io/library/busybox:1.36", "busybox", true),
        ("registry.test:5000/web:latest", "registry.test:5000/web", false), ("docker.io/library/nginx:latest", "busybox", true),
        ("sha256:0a1b", "busybox", false), ("a@sha256:1", "a@sha256:2", true),
    ])
    func imagesGoByTheirFullNames(actual: String, wanted: String, isOther: Bool) {
        #expect(ImageName.isOther(actual, than: wanted) == isOther)
    }

    @Test func whatMakesNoSenseIsRefused() async throws {
        let work = InspectedResource(
            work: ResourceWork(
                identity: ResourceIdentity(type: "t", id: "x"), guResID: "", driverType: "martlet/echo", inputs: [:], slots: []),
            last: nil)
        let request = InspectionRequest(
            id: "", environment: RunnerFixture.environment, resources: Array(repeating: work, count: 40))
        #expect {
            try InspectionDesk.check(request)
        } throws: { error in
            let message = (error as? ErrorBody)?.message ?? ""
            return message.contains("id: must") && message.contains("grant: must") && message.contains("at most 32")
                && message.contains("needs a guResID")
        }
    }

    private static let deployment: JSON = [
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": ["name": "web"],
        "spec": [
            "replicas": 2, "selector": ["matchLabels": ["app": "web"]],
            "template": [
                "metadata": ["labels": ["app": "web"]],
                "spec": ["containers": [["name": "main", "image": "busybox", "command": ["sleep", "1000"]]]],
            ],
        ],
    ]
}

/// A driver whose plan is what the test says.
private struct TellingDriver: Driver {
    let name = "scripted"
    let canFind = true
    var tell: @Sendable (DriverRequest) throws(DriverError) -> DriverPlan

    func check(_ request: DriverRequest) -> [Problem] { [] }
    func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        DriverResult()
    }
    func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}
    func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding { .absent }
    func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan { try tell(request) }
    func holdsData(_ request: DriverRequest) -> Bool { true }
}

/// A driver that makes and finds what the test says.
private struct FindingDriver: Driver {
    let name = "scripted"
    let canFind = true
    var result: @Sendable () -> DriverResult

    func check(_ request: DriverRequest) -> [Problem] { [] }
    func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult { result() }
    func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}
    func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding { .present(result()) }
}
