import PlatformModel

/// What a template may use beside its data. Everything that is not the same twice comes in here.
package struct TemplateEnvironment: Sendable {
    /// What `now` answers.
    package var now: Timestamp
    /// The bytes behind `randAlphaNum` and its kin: that many, in order. A seeded source makes them repeatable.
    package var randomBytes: @Sendable (Int) -> [UInt8]
    package var limits: TemplateLimits

    package init(
        now: Timestamp, randomBytes: @escaping @Sendable (Int) -> [UInt8], limits: TemplateLimits = TemplateLimits()
    ) {
        self.now = now
        self.randomBytes = randomBytes
        self.limits = limits
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
