import PlatformModel
import SecretMasking
import Templating

/// The templates of a resource, read and ready to be evaluated.
///
/// `values.templates` holds `init`, `cookie`, `manifests`, `outputs` and `secrets`, evaluated in this order (humanitec.md, template
/// driver). Each sees `.id` (the GUResID), `.resource` (the params), `.driver.values`, `.driver.secrets`, `.init`, `.cookie` (of the
/// last time) and, in `secrets`, `.outputs`. A text is a template whose result is YAML; an object holds such texts.
package struct TemplateResource {
    private let request: DriverRequest
    private let inputs: TemplateInputs
    private let cookie: TemplateCookie
    private let secrets: KnownSecrets

    /// - Throws: `DRV-201` with everything that is wrong with the inputs.
    package init(_ request: DriverRequest) throws(DriverError) {
        var cache = DriverCache()
        try self.init(request, &cache)
    }

    /// - Throws: `DRV-201` with everything that is wrong with the inputs.
    package init(_ request: DriverRequest, _ cache: inout DriverCache) throws(DriverError) {
        let (inputs, problems) = TemplateInputs.read(request, &cache)
        guard let inputs else { throw DriverError(code: "DRV-201", problems: problems) }
        self.request = request
        self.inputs = inputs
        cookie = TemplateCookie(request.cookie)
        secrets = cache.secrets(given: JSON.texts(in: request.secrets))
    }

    /// Whether some template reads the credentials of the driver's account (`.driver.account` or `.driver.secrets.account`).
    package static func readsAccount(_ values: JSON) -> Bool {
        values["templates"]?.hasText { $0.contains(".driver.account") || $0.contains(".driver.secrets.account") } ?? false
    }

    /// The seed of the first time, when the cookie has kept one.
    package var seed: String? { cookie.seed }

    /// Whether some template draws random bytes, and so needs a seed.
    package var usesRandomness: Bool { inputs.usesRandomness }

    /// A fresh seed of 32 bytes, which keeps the time too.
    package static func makeSeed(_ randomBytes: @Sendable (Int) -> [UInt8], now: Timestamp) -> String {
        TemplateSeed.make(randomBytes, now: now)
    }

    /// Evaluates all templates. The result's cookie holds the seed where one was needed, so that the next time draws the same bytes.
    package func result(
        seed: String?, now: Timestamp, limits: TemplateLimits = TemplateLimits(),
        libraries: TemplateLibraries = TemplateLibraries()
    ) throws(DriverError) -> DriverResult {
        let seed = usesRandomness || cookie.seed != nil ? seed : nil
        let rendering = TemplateRendering(
            request: request, inputs: inputs, previous: cookie.value, seed: seed, now: now, limits: limits,
            libraries: libraries, secrets: secrets)
        var result = try rendering.result()
        result.cookie = TemplateCookie(seed: seed, value: result.cookie).json
        return result
    }
}
