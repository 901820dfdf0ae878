import PlatformModel
import ServiceRuntime

/// Contract: ValueCreatePayloadRequest, ValueEditPayloadRequest, ValuePatchPayloadRequest; which of its fields are needed depends on the
/// verb.
struct ValueRequest: Decodable, Sendable {
    /// Contract: SecretReference; `value` is only ever written.
    struct Secret: Decodable, Sendable {
        var store: String?
        var ref: String?
        var version: String?
        var value: String?
    }

    var key: String?
    var value: String?
    var description: String?
    var isSecret: Bool?
    var secretRef: Secret?

    private enum CodingKeys: String, CodingKey {
        case key, value, description
        case isSecret = "is_secret"
        case secretRef = "secret_ref"
    }

    /// What a value becomes.
    enum Content: Sendable, Hashable {
        case plain(String)
        /// Goes to the broker.
        case secret(String)
        /// Is kept elsewhere.
        case reference(SecretReference)

        var isSecret: Bool { if case .plain = self { false } else { true } }
    }

    /// What is written; nil where the request leaves the value as it is.
    ///
    /// - Parameter wasSecret: of the value that is changed; nil for a new one.
    /// - Throws: 400 with all that is wrong.
    func content(wasSecret: Bool?) throws(HTTPFailure) -> Content? {
        var problems: [String] = []
        if let wasSecret, let isSecret, isSecret != wasSecret {
            problems.append(
                "is_secret: a value that is \(wasSecret ? "a" : "no") secret stays \(wasSecret ? "one" : "none"); delete it, and create it anew"
            )
        }
        if value != nil, secretRef != nil { problems.append("value, secret_ref: one of them") }
        if secretRef != nil, wasSecret == false || isSecret == false {
            problems.append("secret_ref: the value is no secret; is_secret says whether it is")
        }
        if let description, description.utf8.count > SharedValueRule.maximumDescription {
            problems.append("description: at most \(SharedValueRule.maximumDescription) bytes")
        }
        let secret = secretRef.flatMap { Self.secret($0, &problems) }
        let text = value ?? secretRef?.value
        if let text, text.utf8.count > SharedValueRule.maximumValue {
            problems.append("value: at most \(SharedValueRule.maximumValue) bytes, this one has \(text.utf8.count)")
        }
        guard problems.isEmpty else { throw HTTPFailure.invalid(problems.joined(separator: "; ")) }
        if let secret { return secret }
        return value.map { wasSecret ?? isSecret ?? false ? .secret($0) : .plain($0) }
    }

    private static func secret(_ secret: Secret, _ problems: inout [String]) -> Content? {
        switch (secret.value, secret.ref) {
        case (let value?, nil):
            if secret.store != nil || secret.version != nil {
                problems.append("secret_ref: a value that is stored has no store and no version of yours")
            }
            return .secret(value)
        case (nil, let ref?):
            guard let store = secret.store else {
                problems.append("secret_ref.store: is needed beside ref")
                return nil
            }
            return .reference(SecretReference(store: store, ref: ref, version: secret.version))
        case (_?, _?):
            problems.append("secret_ref: value or ref, not both")
        case (nil, nil):
            problems.append("secret_ref: value, or store and ref, is needed")
        }
        return nil
    }
}

/// Contract: ValueSetActionPayloadRequest.
struct ValueActionRequest: Decodable, Sendable {
    var comment: String?

    /// - Throws: 400 for one that is too long.
    func words() throws(HTTPFailure) -> String {
        let comment = comment ?? ""
        guard comment.utf8.count <= SharedValueRule.maximumComment else {
            throw HTTPFailure.invalid("comment: at most \(SharedValueRule.maximumComment) bytes")
        }
        return comment
    }
}
