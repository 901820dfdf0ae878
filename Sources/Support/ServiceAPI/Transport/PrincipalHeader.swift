import PlatformModel
import Synchronization

/// The gateway's word for who asks, between rooms: base64 of the principal's JSON. What was written or read a moment ago is remembered,
/// since a client's next request has the same.
package final class PrincipalHeader: Sendable {
    /// The one of this process.
    package static let shared = PrincipalHeader()

    private struct Remembered {
        var texts: [Principal: String] = [:]
        var principals: [String: Principal] = [:]
    }

    /// Of each kind; when there are more, all are forgotten.
    private static let most = 256
    /// Bytes; whoever has many roles is not remembered, so that the memory is bounded.
    private static let longest = 4096

    private let remembered = Mutex(Remembered())

    package init() {}

    package func text(of principal: Principal) throws(JSONError) -> String {
        if let text = remembered.withLock({ $0.texts[principal] }) { return text }
        let text = Base64.encode(try JSON.encode(principal))
        if text.utf8.count <= Self.longest { remembered.withLock { Self.keep(text, of: principal, in: &$0.texts) } }
        return text
    }

    /// Nil for what is no principal.
    package func principal(in text: String) -> Principal? {
        if let principal = remembered.withLock({ $0.principals[text] }) { return principal }
        guard let bytes = Base64.decode(text), let principal = try? JSON.decode(Principal.self, from: bytes) else { return nil }
        if text.utf8.count <= Self.longest { remembered.withLock { Self.keep(principal, of: text, in: &$0.principals) } }
        return principal
    }

    private static func keep<Key, Value>(_ value: Value, of key: Key, in kept: inout [Key: Value]) {
        if kept.count >= most { kept = [:] }
        kept[key] = value
    }
}
