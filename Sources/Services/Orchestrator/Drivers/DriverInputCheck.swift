import PlatformModel
import Postgres
import Schemas
import ServiceRuntime

/// Whether a definition fits the registered driver that it names (humanitec.md 3.1: inputs are validated on write).
enum DriverInputCheck {
    /// - Parameter inputs: as they will be, plain secrets among them. A text with a placeholder, and a secret that is only referred to,
    ///   are not known yet and fit everywhere; the runner looks at them again.
    /// - Throws: 400 with everything that does not fit. A driver of another organisation, or none, is refused, too.
    static func check(
        _ definition: ResourceDefinition, _ inputs: WrittenInputs, orgID: String, _ transaction: PostgresTransaction
    ) async throws {
        guard let id = DriverStore.id(ofType: definition.driverType, orgID: orgID) else { return }
        guard let driver = try await DriverStore.driver(id, transaction) else {
            // An organisation may be called as the built-in drivers are.
            if ["humanitec", "martlet"].contains(orgID) { return }
            let known = try await DriverStore.list(transaction).map(\.driverType)
            let nearest = nearestName(to: definition.driverType, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw HTTPFailure.invalid("driver_type: there is no driver '\(definition.driverType)'\(nearest)")
        }
        var problems: [Problem] = []
        if !driver.type.isEmpty, driver.type != definition.type {
            problems.append(
                Problem(
                    code: "DRV-501", path: "type",
                    message: "the driver '\(definition.driverType)' makes resources of the type '\(driver.type)'"))
        }
        if let problem = try await accountProblem(definition, driver, transaction) { problems.append(problem) }
        let secrets = merged(opened(inputs.secretRefs ?? [:]), inputs.secrets ?? [:])
        if let schema = try? JSONSchema(driver.inputsSchema) {
            let document = StepLimit.removed(from: ["values": inputs.values ?? [:], "secrets": secrets])
            problems += schema.violations(of: document, at: "driver_inputs", where: { $0.contains("${") }).map {
                Problem(code: "DRV-501", path: $0.path, message: $0.message, suggestion: $0.suggestion)
            }
        }
        guard problems.isEmpty else {
            throw HTTPFailure.invalid(
                problems.map(\.description).joined(separator: "\n"), details: HTTPFailure.details(problems))
        }
    }

    /// What is wrong with the account that the driver would be given. One that is not there yet, and one that a placeholder names, are
    /// not known; a driver that names no types takes all of them.
    private static func accountProblem(
        _ definition: ResourceDefinition, _ driver: ResourceDriver, _ transaction: PostgresTransaction
    ) async throws -> Problem? {
        guard !driver.accountTypes.isEmpty, let id = definition.driverAccount, !id.isEmpty,
            let account = try await AccountStore.account(id, transaction)?.account,
            !driver.accountTypes.contains(account.type)
        else { return nil }
        let fitting = try await AccountStore.list(transaction).map(\.account).filter { driver.accountTypes.contains($0.type) }
        let taken =
            "it takes accounts of the " + (driver.accountTypes.count == 1 ? "type " : "types ")
            + driver.accountTypes.map { "'\($0)'" }.joined(separator: ", ")
        let there = fitting.isEmpty ? "; there is none" : ", such as '\(fitting[0].id)'"
        return Problem(
            code: "DRV-501", path: "driver_account",
            message:
                "the account '\(id)' is of the type '\(account.type)', which the driver '\(definition.driverType)' does not take: "
                + taken + there)
    }

    /// References as texts that stand for what is not known.
    private static func opened(_ references: JSON) -> JSON {
        guard case .object(let members) = references else { return references }
        if !members.isEmpty, members.keys.allSatisfy(["value", "store", "ref", "version"].contains) { return "${secret}" }
        return .object(members.mapValues(opened))
    }

    private static func merged(_ left: JSON, _ right: JSON) -> JSON {
        guard case .object(let base) = left, case .object(let added) = right else { return right }
        return .object(base.merging(added, uniquingKeysWith: merged))
    }
}
