import HTTPTypes
import Hummingbird
import Outgoing
import ServiceRuntime

/// Which client a request is from: who is at the other end of the connection, or, when that is a proxy of ours, whom the proxy names.
struct ClientAddress: Sendable {
    /// Whose word on `X-Forwarded-For` is believed.
    let proxies: [IPNetwork]

    func of(_ request: Request, _ context: RoomContext) -> String? {
        guard let peer = context.remoteAddress else { return nil }
        let named = HTTPField.Name("X-Forwarded-For").map { request.headers[values: $0] } ?? []
        return Self.group(find(peer: peer, forwardedFor: named))
    }

    /// The last one in the chain that is no proxy of ours: what stands before it, anybody may have written.
    func find(peer: String, forwardedFor fields: [String]) -> String {
        guard isProxy(peer) else { return peer }
        var client = peer
        for entry in fields.joined(separator: ",").split(separator: ",").suffix(32).reversed() {
            let text = entry.drop { $0 == " " }.prefix { $0 != " " }
            guard let address = IPAddress(String(text)) else { break }
            client = address.description
            guard isProxy(client) else { break }
        }
        return client
    }

    private func isProxy(_ text: String) -> Bool {
        guard let address = IPAddress(text) else { return false }
        return proxies.contains { $0.contains(address) }
    }

    /// Whoever has one address of an IPv6 network has all of its /64.
    static func group(_ text: String) -> String {
        guard let address = IPAddress(text) else { return text }
        return address.isV4 ? address.description : address.prefix64 + "/64"
    }
}
