import PlatformModel

/// Who asks, in these tests.
enum People {
    static let administrator = Principal(id: "user:ann", name: "Ann", orgID: "acme", memberOf: ["acme"], orgRole: .administrator)
    static let stranger = Principal(id: "user:eve", name: "Eve", orgID: "evil", memberOf: ["evil"], orgRole: .administrator)

    /// A developer of an application, who may deploy to the types that are named.
    static func developer(of app: String = "shop", deployer types: [String] = ["development"]) -> Principal {
        Principal(
            id: "user:dev", name: "Dev", orgID: "acme", memberOf: ["acme"], orgRole: .member, appRoles: [app: .developer],
            envTypeRoles: Dictionary(types.map { ($0, .deployer) }, uniquingKeysWith: { first, _ in first }))
    }

    static func viewer(of app: String = "shop") -> Principal {
        Principal(
            id: "user:vic", name: "Vic", orgID: "acme", memberOf: ["acme"], orgRole: .member, appRoles: [app: .viewer])
    }
}
