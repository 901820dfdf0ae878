import PlatformModel

/// Names and labels of what this target makes. Names are bounded and derived, so that a second attempt finds what the first made;
/// labels say whose it is.
struct ResourceNames: Sendable {
    /// Tells the targets apart that share one Podman.
    let target: String

    enum Label {
        static let target = "martlet.target"
        static let org = "martlet.org"
        static let app = "martlet.app"
        static let env = "martlet.env"
        static let envType = "martlet.env-type"
        static let workload = "martlet.workload"
        static let revision = "martlet.revision"
        static let action = "martlet.action"
        static let replica = "martlet.replica"
        static let ordinal = "martlet.ordinal"
        /// `sandbox`, `container` or `guard`.
        static let role = "martlet.role"
        static let container = "martlet.container"
        static let plan = "martlet.plan"
        /// Of the container that keeps the rules of isolation in force: which rules.
        static let rules = "martlet.rules"
    }

    private func digest(_ parts: String..., length: Int) -> String {
        // No part can hold a NUL, so no two lists of parts give the same text.
        String(SHA256.hex(parts.joined(separator: "\0")).prefix(length))
    }

    func network(_ environment: EnvironmentContext) -> String {
        "martlet-" + digest(target, environment.orgID, environment.appID, environment.envID, length: 24)
    }

    /// What the bridges of this target's networks begin with: the rules of isolation know them by it.
    var bridges: String { "mlt" + digest(target, length: 4) }

    /// The bridge of an environment's network: 15 bytes, as many as the kernel takes.
    func bridge(_ environment: EnvironmentContext) -> String {
        bridges + digest(target, environment.orgID, environment.appID, environment.envID, length: 8)
    }

    /// The nftables table with the rules of isolation.
    var table: String { "martlet-" + target }

    /// The container that keeps them in force.
    var guardian: String { "martlet-guard-" + digest(target, length: 12) }

    /// At most 63 bytes: it is the replica's host name too.
    func replica(_ key: WorkloadKey, revision: String, ordinal: Int) -> String {
        let environment = key.environment
        let whose = digest(target, environment.orgID, environment.appID, environment.envID, key.workload, length: 12)
        let allowed = key.workload.lowercased().utf8.prefix(24).map { byte in
            (0x61...0x7a).contains(byte) || (0x30...0x39).contains(byte) ? byte : UInt8(ascii: "-")
        }
        let name = String(decoding: allowed, as: UTF8.self)
        return "w\(name)-\(whose)-\(digest(revision, length: 10))-\(ordinal)"
    }

    func sandbox(_ replica: String) -> String { replica + ".sandbox" }
    func container(_ replica: String, _ name: String) -> String { "\(replica).c.\(name)" }
    func volume(_ replica: String, _ name: String) -> String { "\(replica).v.\(name)" }

    /// The folder of a replica's probe socket: short, because a socket's path has at most 107 bytes.
    func probeFolder(_ replica: String) -> String { digest(replica, length: 16) }

    /// What finds everything of an environment.
    func identity(_ environment: EnvironmentContext) -> [String: String] {
        [Label.target: target, Label.org: environment.orgID, Label.app: environment.appID, Label.env: environment.envID]
    }

    func labels(_ environment: EnvironmentContext) -> [String: String] {
        identity(environment).merging([Label.envType: environment.envType]) { first, _ in first }
    }

    func labels(_ bundle: WorkloadBundle, replica: String, ordinal: Int) -> [String: String] {
        labels(bundle.key.environment).merging(
            [
                Label.workload: bundle.key.workload, Label.revision: bundle.revision, Label.action: bundle.mark,
                Label.replica: replica, Label.ordinal: String(ordinal),
            ]) { first, _ in first }
    }

    static func key(_ labels: [String: String]) -> WorkloadKey? {
        guard let org = labels[Label.org], let app = labels[Label.app], let env = labels[Label.env],
            let type = labels[Label.envType], let workload = labels[Label.workload]
        else { return nil }
        return WorkloadKey(
            environment: EnvironmentContext(orgID: org, appID: app, envID: env, envType: type), workload: workload)
    }
}
