/// What a program is about when it reaches a fault point (`provision`, `destroy`, ...): a test may ask for a fault at a point of one
/// verb only, and hears which verbs came by.
package enum FaultVerb {
    #if DEBUG
        /// Of this task; child tasks have it, too.
        @TaskLocal static var current: String?
        /// What the verb is about.
        @TaskLocal static var subject: String?
    #endif

    /// Does `body`, whose fault points are then those of this verb. In a release build it is the body, no more.
    ///
    /// - Parameter subject: What the verb is about: a node's id, without slashes. A test may ask for a fault at each of them.
    package static func during<Result>(
        _ verb: String, of subject: String? = nil, isolation: isolated (any Actor)? = #isolation,
        _ body: () async throws -> Result
    ) async rethrows -> Result {
        #if DEBUG
            return try await $current.withValue(verb) { try await $subject.withValue(subject, operation: body) }
        #else
            return try await body()
        #endif
    }
}
