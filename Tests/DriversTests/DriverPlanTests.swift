import Drivers
import PlatformModel
import PureDrivers
import Testing

struct DriverPlanTests {
    /// Says what it is told to.
    private struct Finder: Driver {
        let name = "finder"
        let canFind = true
        var finding: Finding

        func check(_ request: DriverRequest) -> [Problem] { [] }
        func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
            DriverResult()
        }
        func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}
        func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding { finding }
    }

    private func plan(_ finding: Finding, last: DriverResult?) async throws -> DriverPlan {
        var request = DriverBench.request()
        request.last = last
        return try await Finder(finding: finding).plan(request, DriverBench().context)
    }

    @Test func whatIsFoundIsComparedWithTheLastAnswer() async throws {
        let last = DriverResult(values: ["port": 5432, "tags": ["a"]], secrets: ["password": "one"], cookie: ["id": 1])
        #expect(try await plan(.absent, last: last) == .create)
        #expect(try await plan(.present(last), last: last) == .none)
        guard case .cannotTell = try await plan(.present(last), last: nil) else {
            Issue.record("compared with nothing")
            return
        }
        guard case .cannotTell = try await plan(.cannotTell, last: last) else {
            Issue.record("a driver that cannot tell has told")
            return
        }
        let now = DriverResult(
            values: ["port": 5433.0, "tags": ["a"], "new": ["deep": true]], secrets: ["password": "two"], cookie: ["id": 2])
        #expect(
            try await plan(.present(now), last: last)
                == .update([
                    FieldChange("outputs/new/deep", actual: true, wanted: nil),
                    FieldChange("outputs/password", actual: nil, wanted: nil, isSecret: true),
                    FieldChange("outputs/port", actual: 5433.0, wanted: 5432),
                ]))
    }

    /// What the type has to say of it is asked before anything is compared.
    @Test func whatIsFoundIsComparedAsItsTypeHasIt() async throws {
        var request = DriverBench.request(), context = DriverBench().context
        request.last = DriverResult(values: ["port": 1])
        context.typed = { found in
            var typed = found
            typed.secrets = ["token": typed.values["token"] ?? .null]
            typed.values["token"] = nil
            return typed
        }
        let found = DriverResult(values: ["port": 1, "token": "correct-horse"])
        #expect(
            try await Finder(finding: .present(found)).plan(request, context)
                == .update([FieldChange("outputs/token", actual: nil, wanted: nil, isSecret: true)]))
    }

    @Test func manifestsAndOutputsAreForeseenByTheirNames() {
        func manifest(_ name: String, _ data: JSON = [:]) -> DriverManifest {
            DriverManifest(
                location: "namespace", data: ["kind": "ConfigMap", "metadata": ["name": .string(name)], "data": data])
        }
        func words(_ last: DriverResult?, _ next: DriverResult?) -> [String] {
            PlannedEffects(from: last, to: next).effects.map { "\($0.action.rawValue) \($0.object)" }
        }
        let last = DriverResult(
            values: ["host": "a", "gone": 1, "deep": ["a": 1, "b": 2]], secrets: ["token": "one"],
            manifests: [manifest("a"), manifest("b"), DriverManifest(location: "volumes", data: ["name": "disk"])])
        var next = last
        #expect(words(last, next).isEmpty)
        next.values = ["host": "a", "new": 1, "deep": ["a": 3, "b": 4]]
        next.secrets = ["token": "two"]
        next.manifests = [manifest("c"), manifest("b", ["k": "v"]), DriverManifest(location: "volumes", data: ["name": "disk"])]
        #expect(
            words(last, next) == [
                "delete ConfigMap a", "update ConfigMap b", "create ConfigMap c", "update output deep", "delete output gone",
                "create output new", "update output token",
            ])
        #expect(words(nil, last) == ["create ConfigMap a", "create ConfigMap b", "create what it puts into volumes as disk"])
        #expect(words(last, nil).allSatisfy { $0.hasPrefix("delete ") } && words(last, nil).count == 3)
    }

    /// The runner keeps a plain output that shows a secret as a secret one; what the driver finds is still the plain one.
    @Test func aPlainOutputThatWasKeptAsASecretIsTheSameOne() async throws {
        let found = DriverResult(values: ["url": "http://u:correct-horse@db/", "port": 1])
        let last = DriverResult(values: ["port": 1.0], secrets: ["url": "http://u:correct-horse@db/"])
        #expect(try await plan(.present(found), last: last) == .none)
        var other = found
        other.values["url"] = "http://u:battery-staple@db/"
        #expect(
            try await plan(.present(other), last: last)
                == .update([FieldChange("outputs/url", actual: nil, wanted: nil, isSecret: true)]))
    }

    @Test func secretsOfAnyShapeStayHiddenAndListsHaveAnEnd() {
        let last = DriverResult(values: [:], secrets: ["key": ["a": "secret-one"]])
        // What was a tree of secrets is one text now, or the other way round.
        for secrets: JSON in [["key": "secret-two"], ["key": ["a": ["b": "secret-two"]]], [:]] {
            let changes = DriverResult(secrets: secrets).changes(from: last)
            #expect(!changes.isEmpty && changes.allSatisfy(\.isSecret))
            #expect(!changes.map(\.description).joined().contains("secret-"))
        }
        let many = DriverResult(values: .object(Dictionary(uniqueKeysWithValues: (0..<500).map { ("k\($0)", .int(1)) })))
        #expect(many.changes(from: DriverResult()).count == FieldChange.limit)
        let long = FieldChange("outputs/x", actual: .string(String(repeating: "x", count: 10_000)), wanted: nil)
        #expect(long.description.utf8.count < 300)
    }

    @Test func manifestsAreCompared() {
        let one = DriverResult(manifests: [DriverManifest(location: "namespace", data: ["size": 3])])
        let two = DriverResult(manifests: [DriverManifest(location: "namespace", data: ["size": 4])])
        #expect(two.changes(from: one) == [FieldChange("manifests/1/data/size", actual: 4, wanted: 3)])
    }

    @Test func whoHoldsDataSaysSoWithoutSecrets() throws {
        #expect(PostgresDriver().holdsData(DriverBench.request(type: "postgres", values: ["host": "db"])))
        #expect(!PostgresDriver().holdsData(DriverBench.request(values: ["host": "db", "on_delete": "drop"])))
        #expect(!EchoDriver().holdsData(DriverBench.request()))
        // What foreign code makes is not known.
        #expect(Finder(finding: .absent).holdsData(DriverBench.request()))
        let virtual = ResourceDriver(
            orgID: "acme", id: "db", type: "postgres", target: "driver://martlet/postgres",
            template: "values: {on_delete: {{ .driver.values.end }}}")
        let driver = try DriverCatalogue([PostgresDriver()]).driver(type: "acme/db", registered: [virtual])
        #expect(driver.holdsData(DriverBench.request(values: ["end": "refuse"])))
        #expect(!driver.holdsData(DriverBench.request(values: ["end": "drop"])))
    }
}
