/// Which stream a line belongs to. Lines of one stream keep their order; everything that is filtered by is here and not in
/// the text.
package struct StreamIdentity: Sendable, Hashable, CustomStringConvertible {
    package var orgID: String
    package var appID: String
    package var envID: String
    package var workloadID: String?
    package var containerID: String?
    /// The resource whose driver wrote it.
    package var node: String?
    /// `stdout`, `stderr`, `driver`.
    package var stream: String

    package init(
        orgID: String, appID: String, envID: String, workloadID: String? = nil, containerID: String? = nil, node: String? = nil,
        stream: String
    ) {
        self.orgID = orgID
        self.appID = appID
        self.envID = envID
        self.workloadID = workloadID
        self.containerID = containerID
        self.node = node
        self.stream = stream
    }

    /// The longest part, in bytes: a resource id is the longest of them.
    package static let maximumLength = 512

    /// What is wrong with it; empty when it may be stored.
    package var problems: [String] {
        let parts: [(String, String?, required: Bool)] = [
            ("org_id", orgID, true), ("app_id", appID, true), ("env_id", envID, true), ("workload_id", workloadID, false),
            ("container_id", containerID, false), ("node", node, false), ("stream", stream, true),
        ]
        return parts.compactMap { name, value, required in
            guard let value else { return nil }
            if required, value.isEmpty { return "\(name) is empty" }
            if value.utf8.count > Self.maximumLength { return "\(name) is over \(Self.maximumLength) bytes" }
            if value.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) {
                return "\(name) has a control character"
            }
            return nil
        }
    }

    /// `org/app/env/workload/container/stdout`; a part that is not there is `-`.
    package var description: String {
        ([orgID, appID, envID] + [workloadID ?? "-", containerID ?? node ?? "-", stream]).joined(separator: "/")
    }
}
