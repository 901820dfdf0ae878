import HTTPTypes
import PlatformModel

/// Who may use a group of routes: the allow-list, decided in this one place (architecture.md section 1).
package enum Audience: Sendable, Hashable {
    /// The rooms with these names in the configuration's `callers`.
    case callers(Set<String>)
    /// Root and the configured admins.
    case admin
    /// Root, the admins and every configured caller.
    case health
    /// Everybody on the network: the gateway's public routes, which authenticate by themselves.
    case network

    /// Nil when the origin is admitted, else why not.
    func refusal(of origin: Connection.Origin, admins: Set<UInt32>) -> HTTPFailure? {
        switch (self, origin) {
        case (.network, .network): nil
        case (.network, .room(let peer, _)): refused(peer)
        case (_, .network): HTTPFailure.notFound("there is no such route")
        case (.callers(let allowed), .room(let peer, let callers)): callers.isDisjoint(with: allowed) ? refused(peer) : nil
        case (.admin, .room(let peer, _)): peer.uid == 0 || admins.contains(peer.uid) ? nil : refused(peer)
        case (.health, .room(let peer, let callers)):
            peer.uid == 0 || admins.contains(peer.uid) || !callers.isEmpty ? nil : refused(peer)
        }
    }

    /// The group's name in errors and logs.
    package var description: String {
        switch self {
        case .callers(let names): names.sorted().joined(separator: ", ")
        case .admin: "admin"
        case .health: "health"
        case .network: "network"
        }
    }

    private func refused(_ peer: Peer) -> HTTPFailure {
        HTTPFailure(
            .forbidden, "caller_not_allowed",
            "uid \(peer.uid) is not a caller of this route (allowed: \(description)); see `callers` in the service's file",
            details: ["uid": .int(Int64(peer.uid)), "group": .string(description)])
    }
}
