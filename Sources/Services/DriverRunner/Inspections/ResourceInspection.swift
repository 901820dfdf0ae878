import Drivers
import PlatformModel
import PureDrivers
import ServiceAPI
import Synchronization

/// Asks a resource's driver what it would change.
struct ResourceInspection: Sendable {
    let catalogue: DriverCatalogue
    let shelf: SecretShelf
    let clock: @Sendable () -> Timestamp
    let randomBytes: @Sendable (Int) -> [UInt8]
    /// The large state of a resource, by its GUResID, environment and grant; nil where no driver has one.
    var states: @Sendable (String, EnvironmentContext, String) -> (any StateShelf)? = { _, _, _ in nil }

    /// What its driver says of the inputs alone.
    func facts(of one: InspectedResource, _ request: InspectionRequest) -> InspectionFinding {
        do throws(DriverError) {
            let driver = try driver(of: one)
            return InspectionFinding(
                .cannotTell, reason: "nobody has looked", holdsData: driver.holdsData(Self.request(one, one.work.inputs, request))
            )
        } catch {
            return InspectionFinding(.failed, reason: error.message, code: error.code)
        }
    }

    /// What can be answered at once of a resource whose effects are asked for: its driver is asked nothing. Nil otherwise.
    func silence(of one: InspectedResource) -> InspectionFinding? {
        guard one.foresees != nil else { return nil }
        do throws(DriverError) {
            let driver = try driver(of: one)
            guard driver.canForesee else {
                return InspectionFinding(.cannotTell, reason: "the driver \(driver.name) says nothing beforehand")
            }
            return one.obstacle.map { InspectionFinding(.cannotTell, effects: .unknown($0)) }
        } catch {
            return InspectionFinding(.failed, reason: error.message, code: error.code)
        }
    }

    func finding(of one: InspectedResource, _ request: InspectionRequest) async -> InspectionFinding {
        let secrets = SecretMask()
        do {
            let driver = try driver(of: one)
            let filled = try await shelf.fill(
                one.work.inputs, one.work.slots, grant: request.grant, orgID: request.environment.orgID)
            secrets.learn(filled.secrets)
            let kept = shelf.of(one.work.guResID, environment: request.environment, grant: request.grant)
            var driverRequest = Self.request(one, filled.document, request)
            // Whoever begins anew begins without one.
            if one.foresees != .anew { driverRequest.cookie = try await kept.cookie() }
            driverRequest.last = try await last(one.last, request)
            secrets.learn(JSON.texts(in: driverRequest.last?.secrets ?? .null))
            var context = context(kept, secrets)
            context.states = states(one.work.guResID, request.environment, request.grant)
            let bounds = TypeBounds(one.work)
            if let action = one.foresees {
                if action != .destroy { try bounds.check(params: driverRequest.params) }
                let effects = try await driver.effects(of: action, driverRequest, context)
                return InspectionFinding(.cannotTell, effects: effects?.mapTexts(secrets.masked))
            }
            let misfits = Misfits()
            context.typed = { found in
                let typed = bounds.separated(found)
                misfits.words = bounds.misfits(of: typed)
                return typed
            }
            var finding = Self.finding(of: try await driver.plan(driverRequest, context))
            finding.holdsData = driver.holdsData(driverRequest)
            if let words = misfits.words { finding = Self.told(words, of: finding) }
            return Self.masked(finding, secrets)
        } catch {
            let failure = ActionReply.failure(of: error, masked: secrets.masked).failure
            return InspectionFinding(
                .failed, reason: failure.map { String($0.message.prefix(Self.longestReason)) }, code: failure?.code)
        }
    }

    private static let longestReason = 2000

    /// What the type does not allow of what was found.
    private final class Misfits: Sendable {
        private let kept = Mutex<String?>(nil)

        var words: String? {
            get { kept.withLock { $0 } }
            set { kept.withLock { $0 = newValue } }
        }
    }

    /// What has drifted is told with it, since a repair may mend both; what is in sync would fail the next time it is provisioned.
    private static func told(_ misfits: String, of finding: InspectionFinding) -> InspectionFinding {
        var told = finding
        if finding.state != .drifted { told.state = .failed }
        told.reason = String(misfits.prefix(longestReason))
        told.code = TypeBounds.code
        return told
    }

    private func driver(of one: InspectedResource) throws(DriverError) -> any Driver {
        try catalogue.driver(type: one.work.driverType, registered: one.work.drivers ?? [])
    }

    private static func request(_ one: InspectedResource, _ inputs: JSON, _ request: InspectionRequest) -> DriverRequest {
        DriverRequest(
            key: "\(request.id)/\(one.work.guResID)/plan/1", environment: request.environment, identity: one.work.identity,
            guResID: one.work.guResID, params: inputs["params"] ?? [:], values: inputs["values"] ?? [:],
            secrets: inputs["secrets"] ?? [:], account: inputs["account"])
    }

    /// What is kept is only read: a driver that has nothing kept yet goes on with what is lost again.
    private func context(_ kept: SecretShelf.OfResource, _ secrets: SecretMask) -> DriverContext {
        DriverContext(
            keepSecret: { name, make in
                let value = try await kept.generated(name) ?? make()
                secrets.learn([value])
                return value
            },
            keepCookie: { _ in }, progress: { _ in }, log: { _ in }, now: clock, randomBytes: randomBytes)
    }

    /// What was kept of the last result, with the secrets of it.
    private func last(_ outputs: ActionOutputs?, _ request: InspectionRequest) async throws -> DriverResult? {
        guard let outputs else { return nil }
        var slots: [SecretSlot] = []
        Self.collect(outputs.secretRefs, at: "", &slots)
        let secrets = try await shelf.fill(outputs.secretRefs, slots, grant: request.grant, orgID: request.environment.orgID)
        return DriverResult(values: outputs.values, secrets: secrets.document, manifests: outputs.manifests)
    }

    /// A reference at each leaf.
    private static func collect(_ value: JSON, at pointer: String, _ slots: inout [SecretSlot]) {
        if value["ref"]?.string != nil, let reference = try? value.decode(SecretReference.self) {
            slots.append(SecretSlot(pointer: pointer, parts: [.reference(reference)]))
            return
        }
        for (name, member) in (value.object ?? [:]).sorted(by: { $0.key < $1.key }) {
            collect(member, at: "\(pointer)/\(JSONPointer.escape(name))", &slots)
        }
    }

    private static func finding(of plan: DriverPlan) -> InspectionFinding {
        switch plan {
        case .none: InspectionFinding(.inSync)
        case .create: InspectionFinding(.missing)
        case .update(let changes): InspectionFinding(.drifted, changes: Array(changes.prefix(FieldChange.limit)))
        case .replace(let changes):
            InspectionFinding(.drifted, changes: Array(changes.prefix(FieldChange.limit)), mustBeReplaced: true)
        case .cannotTell(let reason): InspectionFinding(.cannotTell, reason: String(reason.prefix(longestReason)))
        }
    }

    /// A change that shows a secret, whatever its driver calls it, is told as one whose values are not shown.
    private static func masked(_ finding: InspectionFinding, _ secrets: SecretMask) -> InspectionFinding {
        var finding = finding
        finding.changes = finding.changes.map { change in
            let shows = [change.actual, change.wanted].contains { value in
                value.map { secrets.masked($0.canonical) != $0.canonical || $0.string.map(secrets.secrets.contains) ?? false }
                    ?? false
            }
            return FieldChange(
                secrets.masked(change.path), actual: change.actual, wanted: change.wanted, isSecret: change.isSecret || shows)
        }
        finding.reason = finding.reason.map(secrets.masked)
        return finding
    }
}
