/// A kind of account that drivers work with (contract: AccountTypeResponse): what its credentials are, and what of them a driver is given.
package struct AccountType: Sendable, Hashable, Codable {
    package var type: String
    package var name: String
    /// JSON Schema of what people write as credentials.
    package var inputsSchema: JSON
    /// JSON Schema of what a driver is given.
    package var outputsSchema: JSON
    /// What a driver is given of each written member under the name that definitions use; the others keep their names.
    private var renamed: [String: String] = [:]
    /// Members that tell whose the account is, and open nothing.
    private var shown: [(name: String, words: String)] { Self.shownMembers[type] ?? [] }

    private enum CodingKeys: String, CodingKey {
        case type, name
        case inputsSchema = "inputs_schema"
        case outputsSchema = "outputs_schema"
    }

    /// What tells whose an account is (contract: CheckResourceAccountField).
    package struct IdentityField: Sendable, Hashable, Codable {
        package var id: String
        package var description: String
        package var value: String
    }

    /// Temporary credentials (`aws-role`, `gcp-identity`, `azure-identity`) need an identity that the provider trusts, and there is none here.
    package static let builtIn: [AccountType] = [
        AccountType(
            type: "aws", name: "Amazon Web Services",
            inputsSchema: object(["aws_access_key_id", "aws_secret_access_key"]),
            outputsSchema: object(["AccessKeyId", "SecretAccessKey"]),
            renamed: ["aws_access_key_id": "AccessKeyId", "aws_secret_access_key": "SecretAccessKey"]),
        AccountType(
            type: "azure", name: "Microsoft Azure", inputsSchema: object(["appId", "password", "tenant"]),
            outputsSchema: object(["appId", "password", "tenant"])),
        AccountType(
            type: "custom", name: "Anything else that a driver needs", inputsSchema: ["type": "object"],
            outputsSchema: ["type": "object"]),
        AccountType(
            type: "gcp", name: "Google Cloud (a service account's key)",
            inputsSchema: object(["type", "project_id", "private_key", "client_email"]),
            outputsSchema: object(["type", "project_id", "private_key", "client_email"])),
        AccountType(
            type: "username-password", name: "User name and password", inputsSchema: object(["username", "password"]),
            outputsSchema: object(["username", "password"])),
    ]

    package static func named(_ type: String) -> AccountType? { builtIn.first { $0.type == type } }

    /// What drivers are given of credentials that fit `inputsSchema`.
    package func outputs(of credentials: [String: JSON]) -> [String: JSON] {
        var outputs: [String: JSON] = [:]
        for (name, value) in credentials { outputs[renamed[name] ?? name] = value }
        return outputs
    }

    /// What may be shown of credentials: names that open nothing.
    package func identity(of credentials: [String: JSON]) -> [IdentityField] {
        shown.compactMap { member in
            credentials[member.name]?.string.map {
                IdentityField(id: member.name, description: member.words, value: String($0.prefix(200)))
            }
        }
    }

    private static let shownMembers: [String: [(name: String, words: String)]] = [
        "azure": [("appId", "Application"), ("tenant", "Tenant")],
        "gcp": [("client_email", "Service account"), ("project_id", "Project")],
    ]

    /// Texts that have to be there; others may be.
    private static func object(_ names: [String]) -> JSON {
        [
            "type": "object", "required": .array(names.map(JSON.string)),
            "properties": .object(
                Dictionary(uniqueKeysWithValues: names.map { ($0, ["type": "string", "minLength": 1]) })),
        ]
    }
}
