import LogRules

/// How long each organisation's lines are kept.
struct RetentionSettings: Sendable, Hashable {
    var standard: RetentionRule
    var organizations: [String: RetentionRule]
    /// Between two sweeps.
    var interval: Duration

    func rule(for orgID: String) -> RetentionRule { organizations[orgID] ?? standard }
}
