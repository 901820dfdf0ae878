/// How long anything may take in environments of one type: the narrowest limit of all that are said counts.
struct EnvironmentTypeLimits: Sendable, Hashable {
    var type: String
    /// Seconds for each step; nil: no limit.
    var step: Int?
    /// Seconds for a deployment, from its start; nil: no limit.
    var deployment: Int?

    /// What may be set, in seconds.
    static let steps = 1...StepLimit.longest
    static let deployments = 1...604_800
}
