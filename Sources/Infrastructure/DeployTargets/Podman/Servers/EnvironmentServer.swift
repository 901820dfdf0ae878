import PlatformModel

/// A server of one environment, beside its workloads: a container in the environment's network whose data outlives it. It is made of this
/// machine's own programs (`/usr`, read-only, as Debian keeps them patched), so that no image is needed.
package struct EnvironmentServer: Sendable {
    package var environment: EnvironmentContext
    /// The GUResID of the resource that it is: the mark, with the action's key.
    package var resource: String
    package var action: String
    /// A shell script that ends in the server's `exec`. It finds the data in `/martlet/data`, sockets go to `/martlet/socket`. It stands in
    /// Podman's configuration, so that a server comes back without the runner's knowing it: no secret is in it.
    package var script: String
    /// Files in `/martlet/secrets`, on a tmpfs, there only until `forgetSecrets`.
    package var secrets: [String: String]
    /// Bytes; nil: as much as there is.
    package var memory: Int64?

    package init(
        environment: EnvironmentContext, resource: String, action: String, script: String, secrets: [String: String],
        memory: Int64? = nil
    ) {
        self.environment = environment
        self.resource = resource
        self.action = action
        self.script = script
        self.secrets = secrets
        self.memory = memory
    }
}

/// What stands of a server.
package struct ServerStanding: Sendable, Hashable {
    /// Its container is there, whether it runs or not.
    package var isMade: Bool
    package var isRunning: Bool
    package var hasData: Bool
    /// Whether it was made from the same script.
    package var isCurrent: Bool
}

/// Names and places of a server; all follow from whose it is.
struct ServerNames: Sendable {
    /// Container, volume, and the name in the environment's network.
    let name: String
    /// Below the folder of all servers' sockets, and below that of their secrets.
    let folder: String
    let labels: [String: String]

    /// Below the folder of sockets, and below that of secrets.
    static let folderName = "servers"
    static let resourceLabel = "martlet.resource"
    private static let role = "server"

    init(_ names: ResourceNames, _ environment: EnvironmentContext, resource: String) {
        // The environment takes part: a GUResID of another one leads nowhere.
        let parts = [names.target, environment.orgID, environment.appID, environment.envID, resource]
        let digest = SHA256.hex(parts.joined(separator: "\0"), digits: 24)
        name = "server-" + digest
        folder = "s" + digest.prefix(15)
        labels = names.labels(environment).merging([ResourceNames.Label.role: Self.role, Self.resourceLabel: resource]) { $1 }
    }

    /// Of a container that stands; nil for any that is no server.
    init?(_ names: ResourceNames, of labels: [String: String]) {
        guard labels[ResourceNames.Label.role] == Self.role, let resource = labels[Self.resourceLabel],
            let org = labels[ResourceNames.Label.org], let app = labels[ResourceNames.Label.app],
            let env = labels[ResourceNames.Label.env], let type = labels[ResourceNames.Label.envType]
        else { return nil }
        self.init(names, EnvironmentContext(orgID: org, appID: app, envID: env, envType: type), resource: resource)
    }
}
