import Drivers
import PlatformModel
import PureDrivers
import ServiceAPI
import ServiceRuntime

/// Looks at what stands, without effect and without a row: whoever asks and is cut off asks again.
struct InspectionDesk: Sendable {
    let resources: ResourceInspection
    let workloads: WorkloadInspection
    /// Looks at a time, of all who ask: they have slots of their own, so that no deployment waits for them.
    let slots: AsyncSlots

    static let concurrent = 8

    func inspect(_ request: InspectionRequest) async throws(ErrorBody) -> InspectionReply {
        try Self.check(request)
        let deadline = request.withinSeconds.map { ContinuousClock.now + .seconds($0) }
        async let standing = workloads.findings(request)
        let found = await withTaskGroup(of: (Int, InspectionFinding).self) { group in
            for (index, one) in request.resources.enumerated() {
                group.addTask { (index, await finding(of: one, request, by: deadline)) }
            }
            var found = [InspectionFinding](
                repeating: InspectionFinding(.failed, reason: "it was not looked at"), count: request.resources.count)
            for await (index, finding) in group { found[index] = finding }
            return found
        }
        return InspectionReply(resources: found, workloads: await standing)
    }

    private func finding(
        of one: InspectedResource, _ request: InspectionRequest, by deadline: ContinuousClock.Instant?
    ) async -> InspectionFinding {
        guard request.isLooking else { return resources.facts(of: one, request) }
        // Before there is a slot: who has nothing to say waits for nobody who has.
        if let finding = resources.silence(of: one) { return finding }
        guard let deadline else { return await finding(of: one, request) }
        return await withTaskGroup(of: InspectionFinding?.self) { group in
            group.addTask { await finding(of: one, request) }
            group.addTask {
                try? await Task.sleep(until: deadline)
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first ?? InspectionFinding(.failed, reason: "it took too long; ask again", code: "RUN-010")
        }
    }

    private func finding(of one: InspectedResource, _ request: InspectionRequest) async -> InspectionFinding {
        guard await slots.take() else { return InspectionFinding(.failed, reason: "the looking was cancelled") }
        defer { slots.give() }
        return await withTaskGroup(of: InspectionFinding?.self) { group in
            group.addTask { await resources.finding(of: one, request) }
            group.addTask {
                try? await Task.sleep(for: .seconds(InspectionRequest.secondsEach))
                return nil
            }
            let first = await group.next() ?? nil
            group.cancelAll()
            return first
                ?? InspectionFinding(
                    .failed, reason: "it took longer than \(InspectionRequest.secondsEach) s; look again", code: "RUN-010")
        }
    }

    /// - Throws: `RUN-001` with everything that is wrong.
    static func check(_ request: InspectionRequest) throws(ErrorBody) {
        var wrong: [String] = []
        let environment = request.environment
        var needed = [
            ("id", request.id), ("orgID", environment.orgID), ("appID", environment.appID), ("envID", environment.envID),
        ]
        if request.isLooking { needed.append(("grant", request.grant)) }
        for (name, value) in needed where value.isEmpty { wrong.append("\(name): must not be empty") }
        for (name, count) in [("resources", request.resources.count), ("workloads", request.workloads.count)]
        where count > InspectionRequest.maximum {
            wrong.append("\(name): at most \(InspectionRequest.maximum) in one go, not \(count)")
        }
        if let seconds = request.withinSeconds, seconds < 1 { wrong.append("withinSeconds: 1 or more is needed, not \(seconds)") }
        for one in request.resources where one.work.guResID.isEmpty || one.work.inputs.object == nil {
            wrong.append("resources: \(one.work.identity) needs a guResID and inputs")
        }
        guard wrong.isEmpty else { throw ErrorBody(error: "RUN-001", message: "inspection: " + wrong.joined(separator: "; ")) }
    }
}
