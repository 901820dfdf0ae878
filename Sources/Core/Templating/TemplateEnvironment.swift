import PlatformModel

/// What a template may use beside its data. Everything that is not the same twice comes in here.
package struct TemplateEnvironment: Sendable {
    /// What `now` answers.
    package var now: Timestamp
    /// The bytes behind `randAlphaNum` and its kin: that many, in order. A seeded source makes them repeatable.
    package var randomBytes: @Sendable (Int) -> [UInt8]
    package var limits: TemplateLimits
    package var libraries: TemplateLibraries
    /// When what is generated was first generated: certificates begin then. `now`, where it is nil.
    package var generatedAt: Timestamp?

    package init(
        now: Timestamp, randomBytes: @escaping @Sendable (Int) -> [UInt8], limits: TemplateLimits = TemplateLimits(),
        libraries: TemplateLibraries = TemplateLibraries(), generatedAt: Timestamp? = nil
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.limits = limits
        self.libraries = libraries
        self.generatedAt = generatedAt
    }
}

/// What templates need and Core has not: whoever renders brings it.
package struct TemplateLibraries: Sendable {
    /// Keys, certificates and slow hashes; without it, functions that need it say so.
    package var cryptography: (any TemplateCryptography)?
    /// A zone of the tz database (`Europe/Berlin`) as the content of its file; nil without a database: only UTC is known then.
    package var timeZones: (@Sendable (String) -> [UInt8]?)?

    package init(
        cryptography: (any TemplateCryptography)? = nil, timeZones: (@Sendable (String) -> [UInt8]?)? = nil
    ) {
        self.cryptography = cryptography
        self.timeZones = timeZones
    }
}

/// The bounds of one rendering: a template is input from outside.
package struct TemplateLimits: Sendable, Hashable {
    /// Of the result, and of any one text on the way to it.
    package var outputBytes: Int
    /// Evaluated commands, and visited or produced values and text (64 bytes each).
    package var steps: Int
    /// Nested `template` calls, and nesting of values that the template builds.
    package var depth: Int

    package init(outputBytes: Int = 1 << 20, steps: Int = 1_000_000, depth: Int = 100) {
        self.outputBytes = outputBytes
        self.steps = steps
        self.depth = depth
    }
}
