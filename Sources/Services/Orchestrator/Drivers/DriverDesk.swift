import PlatformModel
import Postgres
import Schemas
import ServiceRuntime
import Templating

/// Registers, replaces and deletes an organisation's drivers.
struct DriverDesk: Sendable {
    let database: PostgresPool

    func create(
        _ driver: ResourceDriver, _ request: DriverRegistration, _ call: RouteCall
    ) async throws -> ResourceDriver {
        try await database.withOrg(call.orgID) { transaction in
            try await Self.require(driver, request, transaction)
            guard try await DriverStore.insert(driver, by: call.principal.id, transaction) else {
                throw HTTPFailure.conflict("the driver '\(driver.id)' exists already")
            }
            return driver
        }
    }

    func replace(
        _ driver: ResourceDriver, _ request: DriverRegistration, _ call: RouteCall
    ) async throws -> ResourceDriver {
        try await database.withOrg(call.orgID) { transaction in
            // First: what is not there is told before what is wrong with the request.
            try await Self.edit(driver.id, call, transaction)
            try await Self.require(driver, request, transaction)
            _ = try await DriverStore.update(driver, by: call.principal.id, transaction)
            return driver
        }
    }

    /// Of each kind of things that need a driver.
    private static let mostTold = 100

    /// - Throws: 409 with what needs the driver: resources that only it can remove, definitions, drivers that lead to it.
    func delete(_ id: String, _ call: RouteCall) async throws {
        try await database.withOrg(call.orgID) { transaction in
            let type = try await Self.edit(id, call, transaction).driverType
            var resources: [JSON] = [], standing = 0
            try await ActiveResourceStore.eachPlaced(.ofDriver(type), transaction) { batch in
                resources += batch.prefix(Self.mostTold - resources.count).map(Self.shown)
                standing += batch.count
            }
            let definitions = try await DefinitionStore.list(transaction).map(\.definition).filter { $0.driverType == type }
            let drivers = try await DriverStore.list(transaction).filter { Self.leads($0, to: type) }
            guard standing == 0, definitions.isEmpty, drivers.isEmpty else {
                throw HTTPFailure.conflict(
                    "the driver '\(id)' is in use: resources that stand: \(standing), definitions: \(definitions.count), "
                        + "drivers in front of it: \(drivers.count); delete those first",
                    details: [
                        "resources": .array(resources),
                        "definitions": .array(definitions.prefix(Self.mostTold).map { .string($0.id) }),
                        "drivers": .array(drivers.prefix(Self.mostTold).map { .string($0.id) }),
                    ])
            }
            _ = try await DriverStore.delete(id, transaction)
        }
    }

    /// - Returns: The driver as it is.
    @discardableResult
    private static func edit(_ id: String, _ call: RouteCall, _ transaction: PostgresTransaction) async throws -> ResourceDriver {
        guard let driver = try await DriverStore.driver(id, transaction) else { throw HTTPFailure.notFound("driver", id) }
        try await call.edit("drivers/\(id)", transaction) { try await DriverStore.driver(id, transaction) ?? driver }
        return driver
    }

    private static func shown(_ resource: ActiveResource) -> JSON {
        [
            "app_id": .string(resource.appID), "env_id": .string(resource.envID),
            "resource": .string(resource.identity.description),
        ]
    }

    private static func leads(_ driver: ResourceDriver, to type: String) -> Bool {
        if case .driver(let target) = try? DriverTarget(driver.target) { target == type } else { false }
    }

    // MARK: What may be registered

    /// - Throws: 400 with everything that is wrong.
    private static func require(
        _ driver: ResourceDriver, _ request: DriverRegistration, _ transaction: PostgresTransaction
    ) async throws {
        var problems: [Problem] = []
        func add(_ path: String, _ message: String, _ suggestion: String? = nil) {
            problems.append(Problem(code: "API-105", path: path, message: message, suggestion: suggestion))
        }
        if !IdentifierRule.organization.accepts(driver.id) {
            add("id", "'\(driver.id.prefix(80))' cannot be the id of a driver: \(IdentifierRule.organization.words)")
        }
        let types = (ResourceType.builtIn + (try await DefinitionStore.types(transaction))).map(\.type)
        if !driver.type.isEmpty, !types.contains(driver.type) {
            add("type", "there is no resource type '\(driver.type.prefix(80))'", nearestName(to: driver.type, among: types))
        }
        do throws(SchemaError) { _ = try JSONSchema(driver.inputsSchema) } catch {
            for problem in error.problems.prefix(20) {
                let path = problem.path.isEmpty ? "inputs_schema" : "inputs_schema." + problem.path
                add(path, problem.message, problem.suggestion)
            }
        }
        var target: DriverTarget?
        do throws(DriverTargetError) { target = try DriverTarget(driver.target) } catch { add("target", error.message) }
        var isVirtual = false
        if case .driver(let type) = target {
            isVirtual = true
            if let message = try await fault(of: type, behind: driver, transaction) { add("target", message) }
        }
        if let message = templateFault(request.template, isVirtual: isVirtual) { add("template", message) }
        guard problems.isEmpty else {
            throw HTTPFailure.invalid(
                problems.map(\.description).joined(separator: "\n"), details: HTTPFailure.details(problems))
        }
    }

    /// What is wrong with the driver that a virtual one leads to; nil when nothing is.
    private static func fault(
        of type: String, behind driver: ResourceDriver, _ transaction: PostgresTransaction
    ) async throws -> String? {
        guard let id = DriverStore.id(ofType: type, orgID: driver.orgID) else {
            return DriverName.prefixes.contains(where: type.hasPrefix)
                ? nil : "'\(type)' belongs to another organisation; a target is one of yours, or 'driver://martlet/...'"
        }
        let chain = try await DriverStore.chain(from: type, orgID: driver.orgID, transaction)
        if id == driver.id || chain.contains(where: { $0.id == driver.id }) { return "the driver would lead to itself" }
        if chain.isEmpty { return "there is no driver '\(id)' of yours" }
        if chain.count >= DriverStore.longestChain { return "more than \(DriverStore.longestChain - 1) drivers stand behind it" }
        return nil
    }

    private static func templateFault(_ template: JSON?, isVirtual: Bool) -> String? {
        guard let template, !template.isNull else { return nil }
        guard let text = template.string else { return "a Go template is a text, not \(template.kind)" }
        guard !text.isEmpty else { return nil }
        guard isVirtual else { return "only a virtual driver (target 'driver://...') has a template" }
        do throws(TemplateError) {
            let uses = try Template.parse(text, name: "template").usesRandomness
            return uses ? "random functions are refused: the target's inputs would change each time" : nil
        } catch {
            return error.message
        }
    }
}
