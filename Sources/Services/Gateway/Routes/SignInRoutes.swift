import Hummingbird
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Who waits after wrong passwords, for root on the gateway's own socket.
struct SignInRoutes: Sendable {
    let pool: PostgresPool
    let clients: ClientAddress

    func add(to router: RoomRouter) {
        let admin = router.admin("sign-ins")
        admin.get("locks") { _, _ in
            try Response.json(
                try await SignInFailureStore.locked(pool).map { row in
                    let kind = String(row.key.prefix { $0 != ":" })
                    let who =
                        switch kind {
                        case "user": row.key
                        case "address": row.shown ?? ""
                        default: ""
                        }
                    return SignInLock(kind: kind, who: who, failures: row.failures, lockedUntil: row.lockedUntil)
                })
        }
        admin.post("unlock") { request, context in
            let body = try await StrictBody.decode(SignInUnlockRequest.self, keys: ["who"], from: request, context)
            guard let who = body.who else {
                return try Response.json(SignInUnlockReply(unlocked: try await SignInFailureStore.unlockAll(pool)))
            }
            // A user name, a person's id or an address: each is looked for as all of them.
            let name = try SignInFailures.Try(username: who, address: ClientAddress.group(who))
            let keys = [name.name, name.addressKey ?? name.name, who.hasPrefix("user:") ? who : "user:" + who]
            return try Response.json(SignInUnlockReply(unlocked: try await SignInFailureStore.unlock(keys, pool)))
        }
    }
}
