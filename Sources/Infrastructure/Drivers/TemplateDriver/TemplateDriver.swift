import PlatformModel
import Templating

/// `martlet/template`: Go templates make the outputs, secret outputs, manifests and cookie of a resource.
///
/// `values.templates` holds `init`, `cookie`, `manifests`, `outputs` and `secrets`, evaluated in this order (humanitec.md, template
/// driver). Each sees `.id` (the GUResID), `.resource` (the params), `.driver.values`, `.driver.secrets`, `.init`, `.cookie` (of the
/// last time) and, in `secrets`, `.outputs`. A text is a template whose result is YAML; an object holds such texts.
///
/// Random functions draw from a seed that the broker keeps, so provisioning again gives the same values.
package struct TemplateDriver: Driver {
    package let name = "template"
    /// It leaves nothing behind, so a lost step is simply done again.
    package let canFind = true
    private let limits: TemplateLimits

    package init(limits: TemplateLimits = TemplateLimits()) { self.limits = limits }

    package func check(_ request: DriverRequest) -> [Problem] { TemplateInputs.read(request).problems }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let (inputs, problems) = TemplateInputs.read(request)
        guard let inputs else { throw DriverError(code: "DRV-201", problems: problems) }
        let cookie = TemplateCookie(request.cookie)
        let seed = try await seed(of: inputs, cookie, context)
        let rendering = TemplateRendering(
            request: request, inputs: inputs, previous: cookie.value, seed: seed, now: context.now(), limits: limits)
        var result = try rendering.result()
        result.cookie = TemplateCookie(seed: seed, value: result.cookie).json
        return result
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}

    /// Always present: the result follows from the inputs, the cookie and the kept seed.
    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        .present(try await provision(request, context))
    }

    /// The seed of the first time: from the cookie, or, when that attempt was lost before its cookie was kept, from the broker.
    private func seed(
        of inputs: TemplateInputs, _ cookie: TemplateCookie, _ context: DriverContext
    ) async throws(DriverError) -> String? {
        if let seed = cookie.seed { return seed }
        guard inputs.usesRandomness else { return nil }
        let randomBytes = context.randomBytes
        do {
            return try await context.keepSecret("template-seed") { TemplateSeed.make(randomBytes) }
        } catch {
            throw DriverError(
                code: "DRV-206", message: "the seed of the random functions was not kept by the broker; try again",
                kind: .transient)
        }
    }
}
