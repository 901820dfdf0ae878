/// A driver that an organisation registered (contract: DriverDefinitionResponse): at an address, or in front of another driver.
package struct ResourceDriver: Sendable, Hashable, Codable {
    package var orgID: String
    package var id: String
    /// The resource type that it makes; empty for any.
    package var type: String
    /// `https://drivers.example.com/route53/`, or `driver://{org}/{driver}`.
    package var target: String
    /// Of a virtual driver: a Go template that makes the target's inputs of its own.
    package var template: String?
    /// JSON Schema of `{"values": ..., "secrets": ...}`; an empty object allows everything.
    package var inputsSchema: JSON
    package var accountTypes: [String]

    package init(
        orgID: String, id: String, type: String = "", target: String, template: String? = nil, inputsSchema: JSON = [:],
        accountTypes: [String] = []
    ) {
        self.orgID = orgID
        self.id = id
        self.type = type
        self.target = target
        self.template = template
        self.inputsSchema = inputsSchema
        self.accountTypes = accountTypes
    }

    /// What definitions write: `acme/route53`.
    package var driverType: String { "\(orgID)/\(id)" }

    private enum CodingKeys: String, CodingKey {
        case id, type, target, template
        case orgID = "org_id"
        case inputsSchema = "inputs_schema"
        case accountTypes = "account_types"
    }
}
