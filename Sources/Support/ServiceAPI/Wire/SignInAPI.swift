import PlatformModel

/// Somebody who waits after wrong passwords: `GET /v1/admin/sign-ins/locks` on the gateway.
package struct SignInLock: Sendable, Hashable, Codable {
    /// `name`, `user` (the person behind a name) or `address`.
    package var kind: String
    /// `user:<directory id>` or the address; empty for a name, which is nowhere written down.
    package var who: String
    package var failures: Int
    package var lockedUntil: Timestamp

    package init(kind: String, who: String, failures: Int, lockedUntil: Timestamp) {
        self.kind = kind
        self.who = who
        self.failures = failures
        self.lockedUntil = lockedUntil
    }

    private enum CodingKeys: String, CodingKey {
        case kind, who, failures
        case lockedUntil = "locked_until"
    }
}

/// `POST /v1/admin/sign-ins/unlock`.
package struct SignInUnlockRequest: Sendable, Hashable, Codable {
    /// A user name, `user:<directory id>` or an address; nil: everybody.
    package var who: String?

    package init(who: String?) { self.who = who }
}

package struct SignInUnlockReply: Sendable, Hashable, Codable {
    package var unlocked: Int

    package init(unlocked: Int) { self.unlocked = unlocked }
}
