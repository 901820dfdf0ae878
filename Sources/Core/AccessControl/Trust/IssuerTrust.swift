import PlatformModel

/// Whose tokens an organisation takes, and which of them.
package struct IssuerTrust: Sendable, Hashable {
    package var issuer: String
    package var audience: String
    package var algorithms: [TokenAlgorithm]
    /// Claim -> what it must be; all of them.
    package var conditions: [String: String]

    package init(issuer: String, audience: String, algorithms: [TokenAlgorithm], conditions: [String: String]) {
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
        self.conditions = conditions
    }

    /// How far clocks may be apart, in seconds.
    package static let leeway: Int64 = 30
    /// A token that is good for longer was not made for this.
    package static let longestLife: Int64 = 86_400
    package static let mostConditions = 16

    // MARK: What may be trusted

    /// Issuers whom the whole world shares, and what tells their customers apart for good: names are given to others after a renaming.
    private static let shared: [(issuer: String, words: String, ids: [String])] = [
        ("https://token.actions.githubusercontent.com", "GitHub", ["repository_id", "repository_owner_id"]),
        ("https://gitlab.com", "GitLab.com", ["project_id", "namespace_id"]),
    ]

    /// Everything that is wrong with it, by field.
    package var problems: [(field: String, message: String)] {
        var problems: [(String, String)] = []
        do throws(DriverTargetError) {
            let address = try DriverAddress(issuer)
            if !address.isTLS { problems.append(("issuer", "an issuer is reached by https")) }
        } catch {
            problems.append(("issuer", error.message))
        }
        if !(1...255).contains(audience.utf8.count) || audience.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
            problems.append(("audience", "1 to 255 characters, without control characters"))
        }
        if algorithms.isEmpty { problems.append(("algorithms", "at least one of RS256, ES256, EdDSA")) }
        if conditions.count > Self.mostConditions { problems.append(("conditions", "at most \(Self.mostConditions)")) }
        for (claim, text) in conditions.sorted(by: { $0.key < $1.key }) {
            if claim.isEmpty || claim.utf8.count > 255 || claim.utf8.contains(where: { $0 < 0x20 || $0 == 0x7f }) {
                problems.append(("conditions", "a claim's name has 1 to 255 characters"))
            } else if ["iss", "aud", "exp", "nbf", "iat", "jti"].contains(claim) {
                problems.append(("conditions.\(claim)", "is looked at anyway, and no condition"))
            } else if ClaimPattern(text) == nil {
                problems.append(
                    (
                        "conditions.\(claim)",
                        "1 to 1024 characters; a * stands for one or more that are neither / nor :, and not for everything"
                    ))
            }
        }
        if let problem = identityProblem { problems.append(("conditions", problem)) }
        return problems
    }

    /// Nobody's tokens are taken just because somebody else's issuer signed them.
    private var identityProblem: String? {
        let exact = conditions.filter { ClaimPattern($0.value)?.isExact == true }.keys
        guard let shared = Self.shared.first(where: { issuer == $0.issuer || issuer.hasPrefix($0.issuer + "/") }) else {
            return exact.isEmpty ? "at least one claim must be given whole, without *, such as sub" : nil
        }
        guard !exact.contains(where: shared.ids.contains) else { return nil }
        return
            "\(shared.words) signs for everybody, and names are given to others after a renaming: give \(shared.ids.joined(separator: " or ")) whole"
    }

    // MARK: Which tokens are taken

    /// What can be said before the signature was looked at: nil when it is worth looking. Nothing of it is believed yet.
    package func refusalUnseen(of token: SignedToken, at now: Int64) -> TokenRefusal? {
        do throws(TokenRefusal) {
            guard let algorithm = TokenAlgorithm(rawValue: token.algorithm), algorithms.contains(algorithm) else {
                throw TokenRefusal("the token is signed by an algorithm that is not taken: only \(algorithmWords) is")
            }
            guard token.claims["iss"]?.string == issuer else { throw TokenRefusal("the token is of another issuer") }
            guard hasAudience(token) else { throw TokenRefusal("the token is for another audience than '\(audience)'") }
            guard let end = try token.seconds("exp") else { throw TokenRefusal("the token has no end (exp)") }
            guard now < end + Self.leeway else { throw TokenRefusal("the token has ended") }
            for claim in ["nbf", "iat"] {
                if let start = try token.seconds(claim), start > now + Self.leeway {
                    throw TokenRefusal("the token is not valid yet (\(claim))")
                }
            }
            let start = try token.seconds("iat") ?? now
            guard end - start <= Self.longestLife, end <= now + Self.longestLife else {
                throw TokenRefusal("the token is good for longer than a day")
            }
            return nil
        } catch {
            return error
        }
    }

    /// Whether a token of the issuer is one of those that are meant; its signature has been found right.
    package func refusal(ofBelieved token: SignedToken) -> TokenRefusal? {
        for (claim, text) in conditions.sorted(by: { $0.key < $1.key }) {
            guard let value = Self.text(of: token.claims[claim]) else {
                return TokenRefusal(
                    "the token has no \(claim.withoutControls.prefix(100)) that is a text, and it must be '\(text)'")
            }
            guard ClaimPattern(text)?.matches(value) == true else {
                return TokenRefusal("the token's \(claim) is '\(value.withoutControls.prefix(200))', and must be '\(text)'")
            }
        }
        return foreignCodeRefusal(token)
    }

    /// Whoever proposes a change chooses what runs for it: such a run counts only where a condition speaks of it.
    private func foreignCodeRefusal(_ token: SignedToken) -> TokenRefusal? {
        let kinds = [
            ("event_name", ["pull_request"]), ("pipeline_source", ["merge_request_event", "external_pull_request_event"]),
        ]
        for (claim, prefixes) in kinds where conditions[claim] == nil {
            guard let value = token.claims[claim]?.string, prefixes.contains(where: value.hasPrefix) else { continue }
            return TokenRefusal(
                "the token is of a run for a proposed change (\(claim)), which counts only where a condition names \(claim)")
        }
        return nil
    }

    private var algorithmWords: String { algorithms.map(\.rawValue).joined(separator: " or ") }

    private func hasAudience(_ token: SignedToken) -> Bool {
        switch token.claims["aud"] {
        case .string(let one)?: one == audience
        case .array(let several)?: several.contains(.string(audience))
        default: false
        }
    }

    /// Numbers and truth values as JSON writes them: some issuers quote them, some do not.
    private static func text(of value: JSON?) -> String? {
        switch value {
        case .string(let text)?: text
        case .int(let number)?: String(number)
        case .bool(let flag)?: flag ? "true" : "false"
        default: nil
        }
    }
}
