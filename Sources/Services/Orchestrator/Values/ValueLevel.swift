import PlatformModel

/// Whose a shared value is: the application's, or an override of one environment. An environment's takes the place of the application's.
enum ValueLevel: Sendable, Hashable {
    case application
    case environment(String)

    /// As the contract says it: `app`, `env`.
    var source: String { self == .application ? "app" : "env" }

    /// As the tables have it.
    var envID: String { if case .environment(let id) = self { id } else { "" } }

    init(envID: String) { self = envID.isEmpty ? .application : .environment(envID) }

    /// Where the broker keeps its secrets.
    func secretPrefix(orgID: String, appID: String) -> String {
        let app = "orgs/\(orgID)/apps/\(appID)"
        if case .environment(let id) = self { return "\(app)/envs/\(id)/values" }
        return "\(app)/values"
    }
}
