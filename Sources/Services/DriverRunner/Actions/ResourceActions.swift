import Drivers
import FaultPoints
import Logging
import PlatformModel
import PureDrivers
import ServiceAPI

/// Provisions and destroys resources through their drivers.
struct ResourceActions: Sendable {
    let catalogue: DriverCatalogue
    let shelf: SecretShelf
    let clock: @Sendable () -> Timestamp
    let randomBytes: @Sendable (Int) -> [UInt8]
    /// The large state of a resource, under the order's fence; nil where no driver has one.
    var states: @Sendable (ActionKey, ResourceWork, ActionRequest) -> (any StateShelf)? = { _, _, _ in nil }

    /// Where progress and driver output go; both are masked there.
    struct Listener: Sendable {
        var progress: @Sendable (String) -> Void
        var log: @Sendable (String) -> Void
        /// Secrets to mask, before anything is printed.
        var learn: @Sendable ([String]) -> Void
        /// Right before an effect begins: throws when it must not, because another runner has taken the action over.
        var renew: @Sendable () async throws -> Void
    }

    /// - Parameter recovering: an earlier owner was lost in the act. A driver that cannot find what it did then leaves the outcome
    ///   unknown; every other one is asked again, since `provision` is idempotent and finds its own by the mark.
    func perform(
        _ key: ActionKey, _ work: ResourceWork, _ request: ActionRequest, recovering: Bool, _ listener: Listener
    ) async throws -> ActionReply {
        let driver = try catalogue.driver(type: work.driverType, registered: work.drivers ?? [])
        let hasLostRecords = request.mayBeDone == true
        if recovering, !canFind(driver, key, work, request) || hasLostRecords && driver.findsByOurRecords {
            let cause =
                hasLostRecords
                ? "the database came to another server, which may lack what was on record last, while"
                : "the runner was lost while"
            return ActionReply(
                state: .unknown,
                failure: ActionFailure(
                    code: "RUN-003",
                    message: "\(cause) the driver \(driver.name) worked on \(work.identity), and this driver "
                        + "cannot find what it did; look at the real system, then retry the step or detach the resource",
                    retryable: false))
        }
        let resourceShelf = shelf.of(work.guResID, environment: request.environment, grant: request.grant)
        let filled = try await shelf.fill(work.inputs, work.slots, grant: request.grant, orgID: request.environment.orgID)
        listener.learn(filled.secrets)
        let driverRequest = DriverRequest(
            key: key.description, environment: request.environment, identity: work.identity, guResID: work.guResID,
            params: filled.document["params"] ?? [:], values: filled.document["values"] ?? [:],
            secrets: filled.document["secrets"] ?? [:], account: filled.document["account"],
            cookie: ActionOrder(key: key, request: request).isPure ? nil : try await resourceShelf.cookie(),
            mayLoseData: work.force ?? false)
        // What no plain output may show.
        let known = SecretMask()
        known.learn(filled.secrets)
        let context = DriverContext(
            keepSecret: { name, make in
                let value = try await resourceShelf.keep(name, make)
                listener.learn([value])
                known.learn([value])
                return value
            },
            keepCookie: { try await resourceShelf.keepCookie($0) }, progress: listener.progress, log: listener.log, now: clock,
            randomBytes: randomBytes, states: states(key, work, request))
        try await listener.renew()
        try await RunnerFaults.beforeEffect.reach()
        switch key.verb {
        case .provision:
            return try await provision(
                driver, driverRequest, TypeBounds(work), context, resourceShelf, known, listener)
        case .destroy:
            try await driver.destroy(driverRequest, context)
            try await RunnerFaults.afterEffect.reach()
            try await resourceShelf.clear()
            return ActionReply(state: .succeeded, outputs: ActionOutputs())
        case .deploy, .remove:
            throw ErrorBody(error: "RUN-001", message: "the verb \(key.verb.rawValue) is not for resources")
        }
    }

    /// By the inputs as they are written: whether a driver can find what it did is no secret.
    private func canFind(_ driver: any Driver, _ key: ActionKey, _ work: ResourceWork, _ request: ActionRequest) -> Bool {
        driver.canFind(
            DriverRequest(
                key: key.description, environment: request.environment, identity: work.identity, guResID: work.guResID,
                params: work.inputs["params"] ?? [:], values: work.inputs["values"] ?? [:]))
    }

    private func provision(
        _ driver: any Driver, _ request: DriverRequest, _ bounds: TypeBounds, _ context: DriverContext,
        _ shelf: SecretShelf.OfResource, _ secrets: SecretMask, _ listener: Listener
    ) async throws -> ActionReply {
        try bounds.check(params: request.params)
        let problems = driver.check(request)
        guard problems.isEmpty else { throw DriverError(code: "DRV-002", problems: problems) }
        let result = try await driver.provision(request, context)
        try await RunnerFaults.afterEffect.reach()
        listener.learn(JSON.texts(in: result.secrets))
        let kept = bounds.separated(try result.kept(given: secrets.secrets))
        listener.learn(JSON.texts(in: kept.secrets))
        let references = try await shelf.keepOutputs(kept.secrets)
        try await shelf.keepCookie(kept.cookie)
        // Last: what was made can be found and destroyed, whatever its driver says of it.
        try bounds.require(kept)
        return ActionReply(
            state: .succeeded,
            outputs: ActionOutputs(values: kept.values, secretRefs: references, manifests: kept.manifests))
    }
}
