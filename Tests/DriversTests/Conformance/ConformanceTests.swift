import Drivers
import PlatformModel
import PureDrivers
import Testing

/// What every driver must do, whatever it drives (architecture.md sections 4 and 5). The tables of the runner play no part here:
/// between two steps of a test nothing is kept but the broker's shelf and the real system.
@Suite(.timeLimit(.minutes(10)))
struct ConformanceTests {
    private func with(
        _ subject: DriverUnderTest, _ body: (DriverFixture, DriverBench) async throws -> Void
    ) async throws {
        let fixture = try await subject.fixture()
        do {
            try await body(fixture, DriverBench())
            await fixture.end()
        } catch {
            await fixture.end()
            throw error
        }
    }

    /// What Martlet has, by the names in which definitions are let in: none comes without a fixture here.
    @Test func everyDriverIsUnderTest() async throws {
        let tested = Set(DriverUnderTest.everyone.map(\.rawValue))
        #expect(Set(DriverName.builtIn).subtracting(tested) == [], "a driver without a fixture")
        #expect(tested.subtracting(DriverName.builtIn) == ["virtual"], "a fixture of no driver, or a driver that nobody may name")
        for subject in DriverUnderTest.allCases where DriverName.builtIn.contains(subject.rawValue) && subject != .http {
            try await with(subject) { fixture, _ async throws in
                let driver = try await fixture.make()
                #expect(driver.name == subject.rawValue)
            }
        }
    }

    @Test(arguments: DriverUnderTest.allCases)
    func eachActionMayBeRepeated(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            var request = fixture.request
            #expect(driver.check(request).isEmpty)
            let first = try await driver.provision(request, bench.context)
            request.cookie = first.cookie
            let second = try await driver.provision(request, bench.context)
            #expect(second == first, "provisioning again changes nothing and answers the same")
            for _ in 1...2 {
                try await fixture.expectFound(first, driver, request, bench)
            }
            for _ in 1...2 { try await driver.destroy(request, bench.context) }
            try await fixture.expectNothing(driver, request, bench)
            // What is gone may be made anew.
            request.cookie = nil
            let third = try await driver.provision(request, bench.context)
            #expect(third.values == first.values)
            try await driver.destroy(request, bench.context)
        }
    }

    /// The driver has done it, and nobody was told: no cookie, no result, a new process.
    @Test(arguments: DriverUnderTest.allCases)
    func aLostEffectIsRecoveredByItsKey(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let lost = try await fixture.make().provision(fixture.request, bench.context)
            let next = try await fixture.make()
            try await fixture.expectFound(lost, next, fixture.request, bench)
            guard next.canFind else { return }
            let again = try await next.provision(fixture.request, bench.context)
            #expect(again == lost, "the lost answer is given again")
            // A destruction whose answer was lost, by a process that never knew the cookie.
            try await next.destroy(fixture.request, bench.context)
            try await fixture.make().destroy(fixture.request, bench.context)
            try await fixture.expectNothing(next, fixture.request, bench)
        }
    }

    @Test(arguments: DriverUnderTest.allCases)
    func theMarkIsWhereTheDriverSaysThatItIs(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            switch fixture.mark {
            case .nowhere: #expect(!driver.canFind, "a driver without a mark says so")
            case .inputs: #expect(driver.canFind)
            case .system(let place, let read):
                #expect(driver.canFind)
                #expect(try await read() == nil)
                #expect(try await driver.find(fixture.request, bench.context) == .absent)
                _ = try await driver.provision(fixture.request, bench.context)
                #expect(try await read()?.contains(fixture.request.guResID) == true, "no mark in \(place)")
                try await driver.destroy(fixture.request, bench.context)
                #expect(try await read() == nil, "destroyed, and the mark stands in \(place)")
            }
        }
    }

    @Test(arguments: DriverUnderTest.allCases)
    func aChangeIsMadeInPlace(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            let before = try await driver.provision(fixture.request, bench.context)
            var changed = fixture.changed
            changed.cookie = before.cookie
            let after = try await driver.provision(changed, bench.context)
            #expect(after.values != before.values || after.secrets != before.secrets)
            try await fixture.expectFound(after, driver, changed, bench)
            changed.cookie = after.cookie
            try await driver.destroy(changed, bench.context)
            try await fixture.expectNothing(driver, changed, bench)
        }
    }

    @Test(arguments: DriverUnderTest.allCases)
    func allThatIsWrongIsToldAtOnceAndNothingIsDone(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            let problems = driver.check(fixture.wrong)
            #expect(Set(problems.map { "\($0.code) \($0.path)" }) == fixture.problems)
            let error = await #expect(throws: DriverError.self) { try await driver.provision(fixture.wrong, bench.context) }
            #expect(error?.kind == .invalidInput)
            #expect(Set(error?.problems.map(\.path) ?? []) == Set(problems.map(\.path)))
            fixture.expectNoSecret(in: problems.map(\.description) + [error?.message ?? ""] + bench.lines)
            if case .system(_, let read) = fixture.mark { #expect(try await read() == nil) }
        }
    }

    /// What a plan says before, after, and after somebody has changed the real thing by hand.
    @Test(arguments: DriverUnderTest.allCases)
    func aPlanTellsWhatIsNotAsItShouldBe(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            var request = fixture.request
            if case .system = fixture.mark { #expect(try await driver.plan(request, bench.looking) == .create) }
            func provision() async throws {
                let made = try await driver.provision(fixture.request, bench.context)
                request.cookie = made.cookie
                request.last = made
            }
            try await provision()
            if case .nowhere = fixture.mark {
                guard case .cannotTell = try await driver.plan(request, bench.looking) else {
                    Issue.record("a driver without a mark tells what stands")
                    return
                }
                return
            }
            for _ in 1...2 { #expect(try await driver.plan(request, bench.looking) == .none) }
            for meddling in fixture.meddlings {
                try await meddling.meddle()
                let plan = try await driver.plan(request, bench.looking)
                if let paths = meddling.paths {
                    guard case .update(let changes) = plan else {
                        Issue.record("\(meddling.name): \(plan)")
                        continue
                    }
                    #expect(changes.map(\.path) == paths, "\(meddling.name)")
                    fixture.expectNoSecret(in: changes.map(\.description), and: JSON.texts(in: request.last?.secrets ?? [:]))
                } else {
                    #expect(plan == .create, "\(meddling.name)")
                }
                if meddling.isRepaired {
                    try await provision()
                    #expect(try await driver.plan(request, bench.looking) == .none, "\(meddling.name), and provisioned again")
                } else if (try? await provision()) == nil {
                    // Refused: what is not ours stays as it is.
                    #expect(try await driver.plan(request, bench.looking) == plan)
                    return
                }
            }
            try await driver.destroy(request, bench.context)
            try await fixture.expectNothing(driver, request, bench)
        }
    }

    /// Cancelled at each of the moments in which the driver talks to the runner: it ends soon, and what it began is completed by the
    /// next attempt, or destroyed.
    @Test(arguments: DriverUnderTest.allCases, 0..<5)
    func aCancelledActionEndsAndIsTakenUp(subject: DriverUnderTest, moment: Int) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            let interrupted = await withTaskGroup(of: DriverResult?.self) { group in
                group.addTask { [request = fixture.request] in
                    try? await driver.provision(request, bench.cancelling(at: moment))
                }
                return await group.next() ?? nil
            }
            let completed = try await fixture.make().provision(fixture.request, bench.context)
            if let interrupted { #expect(interrupted == completed) }
            try await fixture.expectFound(completed, driver, fixture.request, bench)
            try await driver.destroy(fixture.request, bench.context)
            try await fixture.expectNothing(driver, fixture.request, bench)
        }
    }

    @Test(arguments: DriverUnderTest.allCases)
    func whatIsShownHasNoSecretAndAnEnd(subject: DriverUnderTest) async throws {
        try await with(subject) { fixture, bench in
            let driver = try await fixture.make()
            let result = try await driver.provision(fixture.request, bench.context)
            try await driver.destroy(fixture.request, bench.context)
            let open = [result.values.canonical] + result.manifests.map(\.data.canonical)
            fixture.expectNoSecret(in: open + bench.lines, and: JSON.texts(in: result.secrets))
            #expect(result.values.object != nil && result.secrets.object != nil)
            #expect(bench.lines.count <= 50 && bench.lines.allSatisfy { $0.utf8.count <= 300 })
            #expect((open.reduce(0) { $0 + $1.utf8.count }) < 1 << 20)
            #expect((result.cookie?.canonical.utf8.count ?? 0) < 64 << 10)
        }
    }
}

extension DriverFixture {
    /// A driver that can find tells what stands, with its outputs; whether it knows the cookie is its own affair.
    func expectFound(_ made: DriverResult, _ driver: any Driver, _ request: DriverRequest, _ bench: DriverBench) async throws {
        switch try await driver.find(request, bench.context) {
        case .present(let found):
            #expect(found.values == made.values && found.secrets == made.secrets && found.manifests == made.manifests)
        case .absent: Issue.record("what was made is not found")
        case .cannotTell: #expect(!driver.canFind, "a driver that can find can tell")
        }
    }

    /// After `destroy`: the mark is gone, and `find` says so where there was one.
    func expectNothing(_ driver: any Driver, _ request: DriverRequest, _ bench: DriverBench) async throws {
        guard case .system(_, let read) = mark else { return }
        #expect(try await driver.find(request, bench.context) == .absent, "what is destroyed is not found")
        #expect(try await read() == nil, "nothing is left")
    }

    /// Secrets of a few characters are part of any text.
    func expectNoSecret(in texts: [String], and more: [String] = []) {
        for secret in JSON.texts(in: request.secrets) + JSON.texts(in: wrong.secrets) + more where secret.utf8.count >= 8 {
            #expect(!texts.contains { $0.contains(secret) }, "a secret is in clear")
        }
    }
}
