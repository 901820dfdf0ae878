import ServiceRuntime

extension DirectoryConfiguration {
    /// Reads the section `ldap` of a gateway's file.
    package init(reading section: ConfigSection) {
        let user = section.section("user"), group = section.section("group")
        let kind = Self.choice(section, "kind", Kind.openLDAP), nesting = Self.choice(group, "nested", Nesting.closure)
        let memberOf = group.string("member_of_attribute", default: "memberOf")
        let disabled = user.string("disabled_filter", default: "none")
        self.init(
            kind: kind, urls: section.strings("urls"), startTLS: section.bool("starttls", default: false),
            certificateAuthorities: section.string("ca", default: "/etc/ssl/certs/ca-certificates.crt"),
            bindDN: section.string("bind_dn"), bindPasswordFile: section.string("bind_password_file"),
            userBase: user.string("base"), userFilter: user.optionalString("filter"),
            userIDAttribute: user.optionalString("id_attribute"), userNameAttribute: user.optionalString("name_attribute"),
            disabledFilter: disabled == "none" ? nil : disabled, groupBase: group.string("base"),
            groupFilter: group.optionalString("filter"), memberOfAttribute: memberOf == "none" ? nil : memberOf,
            nesting: nesting, pageSize: section.int("page_size", in: 0...1000, default: 500),
            connectTimeoutSeconds: section.int("connect_timeout_seconds", in: 1...120, default: 5),
            requestTimeoutSeconds: section.int("request_timeout_seconds", in: 1...120, default: 10))
        let sections = ["user": user, "group": group]
        for (key, message) in problems {
            let parts = key.split(separator: ".").map(String.init)
            let owner = parts.count == 2 ? sections[parts[0]] ?? section : section
            let name = (parts.last ?? key).prefix { $0 != "[" }
            // What is missing was told already, by the key itself.
            if owner.has(String(name)) { owner.problem(String(name), message) }
        }
        if urls.isEmpty { section.problem("urls", "name at least one server, such as ldaps://ldap.example.org") }
    }

    private static func choice<Value: RawRepresentable & CaseIterable>(
        _ section: ConfigSection, _ key: String, _ fallback: Value
    ) -> Value where Value.RawValue == String {
        let word = section.choice(key, of: Value.allCases.map(\.rawValue), default: fallback.rawValue)
        return Value(rawValue: word) ?? fallback
    }
}
