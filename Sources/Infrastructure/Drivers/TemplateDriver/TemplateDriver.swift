import PlatformModel
import PureDrivers
import TemplateLibraries
import Templating

/// `martlet/template`: Go templates make the outputs, secret outputs, manifests and cookie of a resource (see `TemplateResource`).
///
/// Random functions, keys and certificates draw from a seed that the broker keeps, so provisioning again gives the same values.
package struct TemplateDriver: Driver {
    package let name = "template"
    /// It leaves nothing behind, so a lost step is simply done again.
    package let canFind = true
    private let limits: TemplateLimits

    package init(limits: TemplateLimits = TemplateLimits()) { self.limits = limits }

    package func check(_ request: DriverRequest) -> [Problem] { PureDriver.template.check(request) }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let template = try TemplateResource(request)
        return try template.result(
            seed: try await seed(of: template, context), now: context.now(), limits: limits, libraries: .machine)
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}

    /// Nothing is lost that `provision` does not make again.
    package func holdsData(_ request: DriverRequest) -> Bool { false }

    /// Always present: the result follows from the inputs, the cookie and the kept seed.
    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        .present(try await provision(request, context))
    }

    package var canForesee: Bool { true }

    /// The manifests and outputs that it would give: it makes nothing else.
    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        let effects =
            switch action {
            case .destroy: PlannedEffects(from: request.last, to: nil)
            case .anew: PlannedEffects(from: nil, to: try await provision(request, context))
            case .provision: PlannedEffects(from: request.last, to: try await provision(request, context))
            }
        // Values alone, which the plan shows by its inputs: "nothing to change" would be wrong of a resource that is made.
        return effects.effects.isEmpty ? nil : effects
    }

    /// The seed of the first time: from the cookie, or, when that attempt was lost before its cookie was kept, from the broker.
    private func seed(of template: TemplateResource, _ context: DriverContext) async throws(DriverError) -> String? {
        if let seed = template.seed { return seed }
        guard template.usesRandomness else { return nil }
        let randomBytes = context.randomBytes, now = context.now()
        do {
            return try await context.keepSecret("template-seed") { TemplateResource.makeSeed(randomBytes, now: now) }
        } catch {
            throw DriverError(
                code: "DRV-206", message: "the seed of the random functions was not kept by the broker; try again",
                kind: .transient)
        }
    }
}
