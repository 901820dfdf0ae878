extension PublicRoute {
    /// What a request counts for where requests are limited. What asks a directory or another server, plans, or stays open counts for ten.
    package var cost: Double {
        if kind == .stream { return 10 }
        switch action {
        case .signIn, .exchangeToken: return 10
        case .plan, .deploy, .rollOut: return method == "GET" ? 1 : 10
        case .changeSecretStores: return pattern.hasSuffix("/check") ? 10 : 1
        default: return 1
        }
    }
}
