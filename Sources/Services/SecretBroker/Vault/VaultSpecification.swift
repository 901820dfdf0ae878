import Outgoing
import PlatformModel
import ServiceRuntime

/// How a Vault or OpenBao server is reached (contract: VaultRequest, and what is ours beside it). Stored without credentials.
struct VaultSpecification: Sendable, Hashable {
    enum Method: String, Sendable { case token, approle }

    /// `https://vault.example:8200`; may end in a path, before `/v1`.
    var address: DriverAddress
    /// Where the key-value engine is mounted: `secret`.
    var mount: [String]
    /// 1 or 2.
    var version: Int
    var namespace: String?
    /// The only authority that is believed (PEM); nil: the system's.
    var authority: String?
    var paths: [String]
    var method: Method
    /// Where AppRole is mounted.
    var methodMount: [String]

    var rule: OutsidePathRule? { try? OutsidePathRule(paths) }

    /// What leads to another place: credentials are not taken along there.
    func isSamePlace(as other: VaultSpecification) -> Bool {
        address == other.address && namespace == other.namespace && authority == other.authority
            && method == other.method && methodMount == other.methodMount
    }

    /// As it is stored and shown.
    var document: JSON {
        var document: JSON = [
            "url": .string(String(address.description.dropLast())), "path": .string(mount.joined(separator: "/")),
            "kv_version": .int(Int64(version)), "paths": .array(paths.map(JSON.string)),
            "auth_method": .string(method.rawValue),
        ]
        if let namespace { document["namespace"] = .string(namespace) }
        if let authority { document["ca"] = .string(authority) }
        if method == .approle { document["auth_path"] = .string(methodMount.joined(separator: "/")) }
        return document
    }
}

/// What signs in.
enum VaultCredentials: Sendable {
    case token(String)
    case approle(roleID: String, secretID: String)

    var method: VaultSpecification.Method {
        switch self {
        case .token: .token
        case .approle: .approle
        }
    }

    var document: JSON {
        switch self {
        case .token(let token): ["token": .string(token)]
        case .approle(let role, let secret): ["role_id": .string(role), "secret_id": .string(secret)]
        }
    }

    init?(_ document: JSON) {
        if let token = document["token"]?.string {
            self = .token(token)
        } else if let role = document["role_id"]?.string, let secret = document["secret_id"]?.string {
            self = .approle(roleID: role, secretID: secret)
        } else {
            return nil
        }
    }

    /// What may never be in a text that somebody reads.
    var secrets: [String] {
        switch self {
        case .token(let token): [token]
        case .approle(let role, let secret): [role, secret]
        }
    }
}

/// Reads what people write of a store: all problems at once.
struct VaultSpecificationReader {
    private(set) var problems: [Problem] = []

    /// - Parameter before: what a change leaves out stays.
    mutating func read(
        _ document: JSON, over before: VaultSpecification?
    ) -> (VaultSpecification, VaultCredentials?)? {
        let known = ["url", "path", "agent_id", "auth", "kv_version", "namespace", "ca", "paths", "auth_path", "auth_method"]
        for key in (document.object ?? [:]).keys.sorted() where !known.contains(key) {
            problem(key, "is no field of vault", nearestName(to: key, among: known))
        }
        if document["agent_id"]?.string?.isEmpty == false {
            problem("agent_id", "there are no agents: the broker itself asks Vault")
        }
        let credentials = auth(document["auth"])
        guard let address = address(document["url"], before?.address) else { return nil }
        let mount = segments(document["path"], "path") ?? before?.mount ?? ["secret"]
        let methodMount = segments(document["auth_path"], "auth_path") ?? before?.methodMount ?? ["approle"]
        var version = before?.version ?? 2
        if let given = document["kv_version"], !given.isNull {
            if let number = given.int, [1, 2].contains(number) { version = number } else { problem("kv_version", "is 1 or 2") }
        }
        var authority = before?.authority
        if let given = document["ca"], !given.isNull {
            let text = given.string ?? ""
            if !text.isEmpty, !text.contains("-----BEGIN CERTIFICATE-----") || text.utf8.count > 64 << 10 {
                problem("ca", "a certificate authority in PEM is needed")
            }
            authority = text.isEmpty ? nil : text
        }
        let specification = VaultSpecification(
            address: address, mount: mount, version: version, namespace: namespace(document["namespace"], before?.namespace),
            authority: authority, paths: paths(document["paths"]) ?? before?.paths ?? OutsidePathRule.standard,
            method: credentials?.method ?? before?.method ?? .token, methodMount: methodMount)
        return problems.isEmpty ? (specification, credentials) : nil
    }

    private mutating func problem(_ field: String, _ message: String, _ suggestion: String? = nil) {
        problems.append(Problem(code: "STO-101", path: "vault.\(field)", message: message, suggestion: suggestion))
    }

    private mutating func address(_ value: JSON?, _ before: DriverAddress?) -> DriverAddress? {
        guard let value, !value.isNull else {
            if before == nil { problem("url", "is needed: https://HOST:8200") }
            return before
        }
        do throws(DriverTargetError) {
            let address = try DriverAddress(value.string ?? "")
            guard address.isTLS else {
                problem("url", "https is needed: a token would be sent in clear")
                return nil
            }
            return address
        } catch {
            problem("url", error.message)
            return nil
        }
    }

    private mutating func segments(_ value: JSON?, _ field: String) -> [String]? {
        guard let value, !value.isNull else { return nil }
        var text = value.string ?? ""
        if text.hasSuffix("/") { text.removeLast() }
        do throws(OutsidePathError) { return try OutsidePath.segments(text) } catch {
            problem(field, error.words)
            return nil
        }
    }

    private mutating func namespace(_ value: JSON?, _ before: String?) -> String? {
        guard let value, !value.isNull else { return before }
        if value.string == "" { return nil }
        return segments(value, "namespace")?.joined(separator: "/")
    }

    private mutating func paths(_ value: JSON?) -> [String]? {
        guard let value, !value.isNull else { return nil }
        guard let texts = value.array?.compactMap(\.string), texts.count == value.array?.count else {
            problem("paths", "a list of templates such as 'apps/{app}' is needed")
            return nil
        }
        do throws(OutsidePathError) { _ = try OutsidePathRule(texts) } catch { problem("paths", error.words) }
        return texts
    }

    private mutating func auth(_ value: JSON?) -> VaultCredentials? {
        guard let value, !value.isNull else { return nil }
        let fields = (value.object ?? [:]).filter { !$0.value.isNull }
        let known = ["token", "role_id", "secret_id"]
        for key in fields.keys.sorted() where !known.contains(key) {
            problem(
                "auth.\(key)",
                key == "role"
                    ? "signs in with a Kubernetes service account, which a broker outside a cluster has not: give token, or role_id and secret_id"
                    : "is no field of auth; token, or role_id and secret_id, is", nearestName(to: key, among: known))
        }
        for (key, value) in fields where known.contains(key) {
            let bytes = Array((value.string ?? "").utf8)
            // It goes into a header.
            if bytes.isEmpty || bytes.count > 8192 || bytes.contains(where: { $0 <= 0x20 || $0 >= 0x7f }) {
                problem("auth.\(key)", "is a text without spaces and other signs than ASCII's")
            }
        }
        guard let credentials = VaultCredentials(value), fields.keys.contains("token") != fields.keys.contains("role_id") else {
            problem("auth", "token, or role_id and secret_id, is needed")
            return nil
        }
        return credentials
    }
}
