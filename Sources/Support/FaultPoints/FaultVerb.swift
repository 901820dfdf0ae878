/// What a program is about when it reaches a fault point (`provision`, `destroy`, ...): a test may ask for a fault at a point of one
/// verb only, and hears which verbs came by.
package enum FaultVerb {
    #if DEBUG
        /// Of this task; child tasks have it, too.
        @TaskLocal static var current: String?
    #endif

    /// Does `body`, whose fault points are then those of this verb. In a release build it is the body, no more.
    package static func during<Result>(
        _ verb: String, isolation: isolated (any Actor)? = #isolation, _ body: () async throws -> Result
    ) async rethrows -> Result {
        #if DEBUG
            return try await $current.withValue(verb, operation: body)
        #else
            return try await body()
        #endif
    }
}
