import DeployTargets
import PlatformModel
import TestSupport
import Testing

/// What every target keeps.
@Suite struct ConformanceTests {
    @Test(arguments: TargetUnderTest.available)
    func refusesByNameAndAllAtOnce(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let bundle = Bundles.bundle(
                Bundles.environment(),
                Bundles.deployment(image: kind.image, more: ["imagee": "x", "tty": true], spec: ["replcas": 2]),
                ["apiVersion": "v1", "kind": "Servce", "metadata": ["name": "web"]])
            let error = await #expect(throws: DeployError.self) { try await target.apply(bundle) { _ in } }
            #expect(error?.kind == .refused)
            #expect(
                error?.problems.map(\.description) == [
                    "DEP-101 Servce: this target does not do this kind; did you mean 'Service'?",
                    "DEP-102 Deployment/web.spec.template.spec.containers[0].imagee: this target does not do this field; "
                        + "did you mean 'image'?",
                    "DEP-102 Deployment/web.spec.template.spec.containers[0].tty: this target does not do this field",
                    "DEP-102 Deployment/web.spec.replcas: this target does not do this field; did you mean 'replicas'?",
                ])
            #expect(target.check(bundle) == error?.problems)
            let seen1 = try await target.observe(bundle.key.environment)
            #expect(seen1.isEmpty)
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func becomesAvailableAndIsObserved(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let environment = Bundles.environment()
            let applied = try await target.apply(
                Bundles.bundle(environment, Bundles.deployment(image: kind.image, replicas: 2))
            ) { _ in }
            #expect(applied.phase == .available)
            #expect((applied.revision, applied.mark) == ("r1", "d1/web/deploy/1"))
            #expect((applied.wanted, applied.ready) == (2, 2))
            let seen2 = try await target.observe(environment)
            #expect(seen2.map(\.phase) == [.available])
            #expect(try await target.observe(Bundles.environment()).isEmpty)
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func theSameRevisionIsKept(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let environment = Bundles.environment()
            let deployment = Bundles.deployment(image: kind.image)
            let first = try await target.apply(Bundles.bundle(environment, deployment)) { _ in }
            let again = try await target.apply(Bundles.bundle(environment, mark: "d2/web/deploy/1", deployment)) { _ in }
            #expect(again == first)
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func aNewRevisionReplacesTheOld(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let environment = Bundles.environment()
            _ = try await target.apply(Bundles.bundle(environment, Bundles.deployment(image: kind.image, replicas: 2))) { _ in }
            let second = try await target.apply(
                Bundles.bundle(environment, revision: "r2", mark: "d2/web/deploy/1", Bundles.deployment(image: kind.image))
            ) { _ in }
            #expect((second.phase, second.revision, second.mark, second.ready) == (.available, "r2", "d2/web/deploy/1", 1))
            let observed = try await target.observe(environment)
            #expect(observed.map(\.revision) == ["r2"])
            #expect(observed.first?.replicas.count == 1)
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func aRevisionThatDoesNotRunLeavesTheOldOne(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let environment = Bundles.environment()
            let first = try await target.apply(Bundles.bundle(environment, Bundles.deployment(image: kind.image))) { _ in }
            let error = await #expect(throws: DeployError.self) {
                try await target.apply(
                    Bundles.bundle(
                        environment, revision: "r2",
                        // Without a probe it would count as ready where the machine is too busy to let it end soon.
                        Bundles.deployment(
                            image: kind.image, command: kind.broken,
                            more: ["readinessProbe": ["exec": ["command": ["/bin/false"]]]]))
                ) { _ in }
            }
            #expect(error?.kind == .failed)
            #expect(error?.lastLines.last == "giving up")
            let seen3 = try await target.observe(environment)
            #expect(seen3 == [first])
        }
    }

    /// Containers before the others: one that ends and one that runs on.
    private static func before(_ kind: TargetUnderTest, _ command: [String] = ["/bin/true"]) -> JSON {
        [
            ["name": "load", "image": .string(kind.image), "command": .array(command.map(JSON.string))],
            [
                "name": "beside", "image": .string(kind.image), "command": ["/bin/sleep", "1000"], "restartPolicy": "Always",
                "startupProbe": ["exec": ["command": ["/bin/true"]], "periodSeconds": 1],
            ],
        ]
    }

    @Test(arguments: TargetUnderTest.available)
    func containersThatComeBeforeTheOthers(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let environment = Bundles.environment()
            let deployment = Bundles.deployment(image: kind.image, pod: ["initContainers": Self.before(kind)])
            let first = try await target.apply(Bundles.bundle(environment, deployment)) { _ in }
            #expect((first.phase, first.ready) == (.available, 1))
            let again = try await target.apply(Bundles.bundle(environment, mark: "d2/web/deploy/1", deployment)) { _ in }
            #expect(again == first)
            // One that fails keeps the new revision from running, and the old one runs on.
            let broken = Bundles.deployment(image: kind.image, pod: ["initContainers": Self.before(kind, kind.broken)])
            let error = await #expect(throws: DeployError.self) {
                try await target.apply(Bundles.bundle(environment, revision: "r2", broken)) { _ in }
            }
            #expect(error?.kind == .failed)
            #expect(error?.lastLines.last == "giving up")
            let seen = try await target.observe(environment)
            #expect(seen == [first])
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func aJobWithContainersBeforeIt(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            var job = Bundles.job(image: kind.image, command: ["/bin/true"])
            job["spec"]?["template"]?["spec"]?["initContainers"] = Self.before(kind)
            let bundle = Bundles.bundle(Bundles.environment(), workload: "once", job)
            let first = try await target.apply(bundle) { _ in }
            #expect(first.phase == .completed)
            let again = try await target.apply(bundle) { _ in }
            #expect(again == first)
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func whatCannotComeBeforeTheOthersIsRefused(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let probe: JSON = ["exec": ["command": ["/bin/true"]], "successThreshold": 2]
            let initial: JSON = [
                ["name": "load", "image": .string(kind.image), "readinessProbe": probe],
                ["name": "beside", "image": .string(kind.image), "restartPolicy": "Never"],
                ["name": "main", "image": .string(kind.image), "restartPolicy": "Always", "startupProbe": probe],
            ]
            let bundle = Bundles.bundle(
                Bundles.environment(), Bundles.deployment(image: kind.image, pod: ["initContainers": initial]))
            let place = "Deployment/web.spec.template.spec"
            #expect(
                target.check(bundle).map(\.description) == [
                    "DEP-103 \(place).initContainers[0].readinessProbe: a container that ends before the others start has no "
                        + "probes; with restartPolicy: Always it runs on",
                    "DEP-103 \(place).initContainers[1].restartPolicy: 'Never' is not done by this target; did you mean 'Always'?",
                    "DEP-103 \(place).initContainers[2].startupProbe.successThreshold: 2 is not 1, which Kubernetes asks for here",
                    "DEP-103 \(place).containers[0].name: two containers have the name 'main'",
                ])
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func aJobCompletesOnceAndIsNotRunAgain(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let bundle = Bundles.bundle(
                Bundles.environment(), workload: "once", Bundles.job(image: kind.image, command: ["/bin/true"]))
            let first = try await target.apply(bundle) { _ in }
            #expect(first.phase == .completed)
            let seen4 = try await target.apply(bundle) { _ in }
            #expect(seen4 == first)
            let seen5 = try await target.observe(bundle.key.environment)
            #expect(seen5 == [first])
        }
    }

    @Test(arguments: TargetUnderTest.available)
    func removingIsRepeatableAndTakesOnlyItsOwn(_ kind: TargetUnderTest) async throws {
        try await kind.with { target in
            let environment = Bundles.environment(), other = Bundles.environment("other")
            let deployment = Bundles.deployment(image: kind.image)
            _ = try await target.apply(Bundles.bundle(environment, workload: "web", deployment)) { _ in }
            _ = try await target.apply(Bundles.bundle(environment, workload: "api", deployment)) { _ in }
            _ = try await target.apply(Bundles.bundle(other, workload: "web", deployment)) { _ in }
            for _ in 0..<2 {
                try await target.remove(WorkloadKey(environment: environment, workload: "web"))
                let seen6 = try await target.observe(environment)
                #expect(seen6.map(\.key.workload) == ["api"])
            }
            for _ in 0..<2 {
                try await target.removeEnvironment(environment)
                let seen7 = try await target.observe(environment)
                #expect(seen7.isEmpty)
            }
            let seen8 = try await target.observe(other)
            #expect(seen8.map(\.phase) == [.available])
            try await target.removeEnvironment(other)
        }
    }
}
