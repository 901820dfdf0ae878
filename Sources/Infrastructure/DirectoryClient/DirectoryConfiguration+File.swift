import ServiceRuntime

extension DirectoryConfiguration {
    package init(reading section: ConfigSection) {
        let user = section.section("user"), group = section.section("group")
        self.init(
            urls: section.strings("urls"), startTLS: section.bool("starttls", default: false),
            certificateAuthorities: section.string("ca", default: "/etc/ssl/certs/ca-certificates.crt"),
            bindDN: section.string("bind_dn"), bindPasswordFile: section.string("bind_password_file"),
            userBase: user.string("base"),
            userFilter: user.string("filter", default: "(uid={username})"), groupBase: group.string("base"),
            groupFilter: group.string("filter", default: "(|(member={dn})(uniqueMember={dn}))"),
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
}
