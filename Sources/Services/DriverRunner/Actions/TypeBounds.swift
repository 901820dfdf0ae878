import PlatformModel
import PureDrivers
import Schemas
import ServiceAPI

/// What a resource's type says of what goes into its driver, and of what comes out (humanitec.md 3.4).
struct TypeBounds: Sendable {
    private let work: ResourceWork
    private let schemas: TypeSchemas?

    private static let builtIn = Dictionary(
        ResourceType.builtIn.map { ($0.type, TypeSchemas($0)) }, uniquingKeysWith: { first, _ in first })

    init(_ work: ResourceWork) {
        self.work = work
        schemas = work.ownType.map(TypeSchemas.init) ?? Self.builtIn[work.identity.type]
    }

    /// - Throws: `DRV-003` for params that the type does not take: those that placeholders made are known only now.
    func check(params: JSON) throws(DriverError) {
        guard let schemas, !work.identity.isWorkload else { return }
        let found = schemas.violations(ofParams: params)
        guard !found.isEmpty else { return }
        throw DriverError(
            code: "DRV-003",
            problems: found.map {
                Problem(
                    code: "DRV-003", path: "\(work.identity) \($0.path)",
                    message: "\($0.message); the resource type '\(work.identity.type)' says so", suggestion: $0.suggestion)
            })
    }

    /// The result with what the type declares secret among the secrets.
    func separated(_ result: DriverResult) -> DriverResult {
        guard let schemas else { return result }
        var result = result
        (result.values, result.secrets) = schemas.separated(values: result.values, secrets: result.secrets)
        return result
    }

    /// - Throws: `RUN-008`, naming the outputs and the definition, and no value.
    func require(_ result: DriverResult) throws(ErrorBody) {
        guard let words = misfits(of: result) else { return }
        throw ErrorBody(
            error: Self.code,
            message: words
                + "\nWhat was made stays, and is yours: correct the definition and deploy again, or delete the resource")
    }

    static let code = "RUN-008"

    /// Nil where the type allows all of it. Names the outputs and the definition, and no value.
    func misfits(of result: DriverResult) -> String? {
        guard let found = schemas?.violations(ofValues: result.values, secrets: result.secrets), !found.isEmpty else {
            return nil
        }
        let who = work.definition.map { "the definition '\($0)' (driver \(work.driverType))" } ?? "the driver \(work.driverType)"
        let list = found.map { violation in
            "\(violation.path): \(violation.message)" + (violation.suggestion.map { " (did you mean '\($0)'?)" } ?? "")
        }
        return "\(work.identity): \(who) gave outputs that the resource type '\(work.identity.type)' does not allow:\n"
            + list.joined(separator: "\n")
    }
}
