import Outgoing
import PlatformModel
import ServiceAPI

/// A Vault or OpenBao server's key-value engine, version 1 or 2.
struct VaultStore: OutsideStore {
    /// Of the organisation, with its revision: whose tokens these are.
    let key: String
    let specification: VaultSpecification
    let credentials: VaultCredentials
    let tokens: VaultTokens
    let exchange: VaultExchange

    init(
        key: String, _ specification: VaultSpecification, _ credentials: VaultCredentials, tokens: VaultTokens,
        connector: any OutgoingConnector, limits: VaultLimits
    ) {
        self.key = key
        self.specification = specification
        self.credentials = credentials
        self.tokens = tokens
        exchange = VaultExchange(
            specification: specification, secrets: credentials.secrets, connector: connector, limits: limits)
    }

    func read(_ path: OutsidePath, version: String?) async throws(OutsideFailure) -> JSON {
        let mount = specification.mount.joined(separator: "/")
        var target = "\(mount)/\(specification.version == 2 ? "data/" : "")\(path.text)"
        if let version {
            guard specification.version == 2 else {
                throw .refused("its key-value engine keeps no versions (kv_version 1): leave the version out")
            }
            guard let number = Int(version), number > 0 else {
                throw .refused("'\(version.prefix(40))' is no version: a number is")
            }
            target += "?version=\(number)"
        }
        let answer = try await asked("GET", target)
        switch answer.status {
        case 200: break
        case 404: throw .missing("has nothing at '\(path.text)'" + (version.map { " in version \($0)" } ?? ""))
        default: throw .refused("it answered \(answer.status) for '\(path.text)'" + exchange.said(answer, token: nil))
        }
        return try secret(answer, path)
    }

    /// The member of the secret that was asked for.
    private func secret(_ answer: OutgoingAnswer, _ path: OutsidePath) throws(OutsideFailure) -> JSON {
        guard let document = try? JSON.parse(answer.body), let data = document["data"] else {
            throw .refused("its answer for '\(path.text)' is not Vault's")
        }
        let secret = specification.version == 2 ? data["data"] ?? .null : data
        guard case .object(let members) = secret else {
            // What was deleted softly has its metadata only.
            guard secret.isNull, data["metadata"]?.object != nil else {
                throw .refused(
                    "its answer for '\(path.text)' is not that of a key-value engine of version \(specification.version)")
            }
            throw .missing("had something at '\(path.text)', which was deleted")
        }
        if let field = path.field {
            guard let value = members[field], !value.isNull else {
                throw .missing("has no member '\(field.prefix(80))' in '\(path.text)'")
            }
            return value
        }
        return members["value"] ?? secret
    }

    // MARK: Signing in

    /// An answer to a request with a token; when that is refused, once more with a new one.
    private func asked(_ method: String, _ path: String) async throws(OutsideFailure) -> OutgoingAnswer {
        let token = try await token()
        let first = try await exchange.ask(method, path, token: token.text)
        guard first.status == 403 else { return first }
        tokens.forget(token.text, of: key)
        guard case .approle = credentials else { throw .refused(await why(first, token)) }
        let fresh = try await signIn()
        let second = try await exchange.ask(method, path, token: fresh.text)
        guard second.status == 403 else { return second }
        throw .refused("it denies this to our AppRole, also after a new sign-in" + exchange.said(second, token: fresh.text))
    }

    /// What is wrong with a token that cannot be had anew.
    private func why(_ answer: OutgoingAnswer, _ token: VaultToken) async -> String {
        let look = try? await exchange.ask("GET", "auth/token/lookup-self", token: token.text)
        guard look?.status == 403 else {
            return "it denies this to the token; its policies have to allow reading there"
                + exchange.said(answer, token: token.text)
        }
        return "the token is not valid any more: it has ended, or was revoked; give the store a new one"
    }

    /// One that works for now: renewed when it is late, or a new one.
    private func token() async throws(OutsideFailure) -> VaultToken {
        if case .token(let text) = credentials {
            return tokens.token(of: key) ?? VaultToken(text, seconds: 0, isRenewable: false, at: .now)
        }
        if let token = tokens.token(of: key), token.isUsable(at: .now) {
            guard token.isLate(at: .now) else { return token }
            if let renewed = try? await renewed(token) { return renewed }
        }
        return try await signIn()
    }

    private func signIn() async throws(OutsideFailure) -> VaultToken {
        guard case .approle(let roleID, let secretID) = credentials else { return try await token() }
        let path = "auth/\(specification.methodMount.joined(separator: "/"))/login"
        // A secret id may be good for a number of sign-ins: an answer that was lost is not asked for again.
        let answer = try await exchange.ask(
            "POST", path, token: nil, body: ["role_id": .string(roleID), "secret_id": .string(secretID)], repeats: false)
        guard answer.status == 200, let token = Self.token(answer) else {
            throw .refused("it refuses the sign-in with AppRole (\(answer.status))" + exchange.said(answer, token: nil))
        }
        tokens.keep(token, of: key)
        return token
    }

    private func renewed(_ token: VaultToken) async throws(OutsideFailure) -> VaultToken {
        let answer = try await exchange.ask("POST", "auth/token/renew-self", token: token.text, body: [:])
        guard answer.status == 200, let renewed = Self.token(answer) else {
            throw .refused("it does not renew the token (\(answer.status))" + exchange.said(answer, token: token.text))
        }
        tokens.keep(renewed, of: key)
        return renewed
    }

    /// The `auth` block of an answer. What goes into a header has no other signs than a token's.
    private static func token(_ answer: OutgoingAnswer) -> VaultToken? {
        guard let auth = (try? JSON.parse(answer.body))?["auth"], let text = auth["client_token"]?.string, !text.isEmpty,
            text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f })
        else { return nil }
        return VaultToken(
            text, seconds: auth["lease_duration"]?.int ?? 0, isRenewable: auth["renewable"]?.bool ?? false, at: .now)
    }

    // MARK: Renewal

    private static let longest = Duration.seconds(86_400), shortest = Duration.seconds(10)

    /// Of a token that was given: it would end while nobody reads. AppRole signs in whenever it is needed.
    func renew() async throws(OutsideFailure) -> Duration {
        guard case .token(let text) = credentials else { return Self.longest }
        let look = try await exchange.ask("GET", "auth/token/lookup-self", token: text)
        guard look.status == 200, let data = (try? JSON.parse(look.body))?["data"], let seconds = data["ttl"]?.int else {
            throw .refused("the token is not valid (\(look.status))" + exchange.said(look, token: text))
        }
        guard seconds > 0 else { return Self.longest }
        var left = seconds
        if data["renewable"]?.bool == true {
            left =
                try await renewed(VaultToken(text, seconds: seconds, isRenewable: true, at: .now)).lifetime
                .map { Int($0.components.seconds) } ?? 0
            tokens.forget(text, of: key)
            guard left > 0 else { return Self.longest }
        }
        return min(max(.seconds(left) / 3, Self.shortest), Self.longest)
    }

    // MARK: Looking

    func check() async -> [SecretStoreCheck.Step] {
        var steps: [SecretStoreCheck.Step] = []
        func add(_ step: String, _ body: () async throws(OutsideFailure) -> String) async -> Bool {
            do throws(OutsideFailure) {
                steps.append(.init(step: step, ok: true, message: try await body()))
                return true
            } catch {
                steps.append(.init(step: step, ok: false, message: error.words))
                return false
            }
        }
        let address = specification.address.authority
        guard await add("connection", { () throws(OutsideFailure) in try await connection(address) }),
            await add("sign-in", { () throws(OutsideFailure) in try await checkedSignIn() })
        else { return steps }
        _ = await add("mount", { () throws(OutsideFailure) in try await checkedMount() })
        return steps
    }

    private func connection(_ address: String) async throws(OutsideFailure) -> String {
        let answer = try await exchange.ask("GET", "sys/health?standbyok=true&perfstandbyok=true", token: nil)
        guard answer.status == 200 else {
            throw .unavailable(
                answer.status == 501 ? "\(address) answers, and is not initialised" : "\(address) answered \(answer.status)")
        }
        let version = (try? JSON.parse(answer.body))?["version"]?.string.map { " \($0.prefix(40).withoutControls)" } ?? ""
        return "\(address) answers over TLS, is unsealed, version\(version.isEmpty ? " unknown" : version)"
    }

    private func checkedSignIn() async throws(OutsideFailure) -> String {
        var token = try await token()
        if case .approle = credentials { token = try await signIn() }
        let look = try await exchange.ask("GET", "auth/token/lookup-self", token: token.text)
        guard look.status == 200, let data = (try? JSON.parse(look.body))?["data"] else {
            throw .refused("the token is not accepted (\(look.status))" + exchange.said(look, token: token.text))
        }
        let policies = (data["policies"]?.array ?? []).compactMap(\.string).joined(separator: ", ").prefix(200).withoutControls
        let seconds = data["ttl"]?.int ?? 0
        let life =
            seconds > 0 ? "ends in \(seconds) s\(data["renewable"]?.bool == true ? " and is renewed" : "")" : "does not end"
        return
            "signed in by \(specification.method.rawValue); policies \(policies.isEmpty ? "unknown" : policies); the token \(life)"
    }

    private func checkedMount() async throws(OutsideFailure) -> String {
        let mount = specification.mount.joined(separator: "/")
        let answer = try await asked("GET", "sys/internal/ui/mounts/\(mount)")
        guard answer.status == 200, let data = (try? JSON.parse(answer.body))?["data"] else {
            return
                "'\(mount)' cannot be looked at with these rights (\(answer.status)): it is taken for a key-value engine of version "
                + "\(specification.version), as configured"
        }
        let type = data["type"]?.string ?? "", version = data["options"]?["version"]?.string ?? "1"
        guard type == "kv" || type == "generic" else {
            throw .refused("'\(mount)' is of the type '\(type.prefix(40).withoutControls)', and no key-value engine")
        }
        guard version == String(specification.version) else {
            throw .refused("'\(mount)' is of version \(version.prefix(8)): set kv_version to it")
        }
        return "'\(mount)' is a key-value engine of version \(version)"
    }
}

extension Substring {
    fileprivate var withoutControls: String { String(self).withoutControls }
}
