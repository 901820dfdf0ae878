import DirectoryRules

extension DirectoryConfiguration {
    /// What is wrong, each with the key it is in; empty when all is well.
    package var problems: [(key: String, message: String)] {
        urlProblems + nameProblems + filterProblems + timeProblems
    }

    private var urlProblems: [(key: String, message: String)] {
        var found: [(String, String)] = []
        if urls.isEmpty { found.append(("urls", "name at least one server, such as ldaps://ldap.example.org")) }
        if urls.count > 8 { found.append(("urls", "at most 8 servers: each is tried in turn before anybody gets an answer")) }
        for (index, url) in urls.enumerated() {
            guard let address = DirectoryAddress(url) else {
                found.append(("urls[\(index)]", "\(url) is no ldaps://, ldap:// or ldapi:// address"))
                continue
            }
            guard address.scheme == .ldap, !startTLS else { continue }
            found.append(("urls[\(index)]", "\(url) would carry passwords in clear; use ldaps:// or set starttls to true"))
        }
        return found
    }

    private var nameProblems: [(key: String, message: String)] {
        var found: [(String, String)] = []
        for (key, dn) in [("user.base", userBase), ("group.base", groupBase)] where DistinguishedName(dn)?.isEmpty != false {
            found.append((key, "'\(dn)' is no distinguished name, such as ou=people,dc=example,dc=org"))
        }
        // Active Directory also takes a user principal name, or DOMAIN\name.
        let isName = kind == .activeDirectory && (bindDN.contains("@") || bindDN.contains("\\")) && !bindDN.hasPrefix("@")
        if !isName, DistinguishedName(bindDN)?.isEmpty != false {
            found.append(("bind_dn", "'\(bindDN)' is no distinguished name, such as ou=people,dc=example,dc=org"))
        }
        let attributes: [(String, String?)] = [
            ("user.id_attribute", userIDAttribute), ("user.name_attribute", userNameAttribute),
            ("group.member_of_attribute", memberOfAttribute),
        ]
        for (key, name) in attributes {
            guard let name, !Self.isAttribute(name) else { continue }
            found.append((key, "'\(name)' is no name of an attribute"))
        }
        // Whatever a person may change, or gets again from somebody who left, names nobody.
        let passing = ["uid", "cn", "mail", "samaccountname", "userprincipalname", "uidnumber", "sn", "displayname", "dn"]
        if passing.contains(userIDAttribute.lowercased()) {
            found.append(
                (
                    "user.id_attribute",
                    "'\(userIDAttribute)' may change or be given to another person; use entryUUID, objectGUID, nsUniqueId or ipaUniqueID"
                ))
        }
        return found
    }

    private static func isAttribute(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
            }
    }

    private var filterProblems: [(key: String, message: String)] {
        var found: [(String, String)] = []
        if !Self.isFilter(userFilter, ["{username}"]) {
            found.append(("user.filter", "'\(userFilter)' must stand in brackets that match, and contain {username}"))
        }
        if !Self.isFilter(groupFilter, ["{dn}", "{username}"]) {
            found.append(("group.filter", "'\(groupFilter)' must stand in brackets that match, and contain {dn} (or {username})"))
        } else if nesting == .matchingRule, !groupFilter.contains(FilterText.matchingRuleInChain) {
            let rule = FilterText.matchingRuleInChain
            found.append(
                (
                    "group.filter",
                    "with nested: matching_rule the filter must use the rule, as in (member:\(rule):={dn}); or set nested to closure"
                ))
        }
        if let disabledFilter, !Self.isFilter(disabledFilter, [""]) {
            found.append(
                ("user.disabled_filter", "'\(disabledFilter)' must stand in brackets that match, as in (employeeType=left)"))
        }
        return found
    }

    /// Whether brackets match and one of the placeholders is there. Only the server knows whether the rest makes sense.
    private static func isFilter(_ text: String, _ placeholders: [String]) -> Bool {
        guard text.hasPrefix("("), text.hasSuffix(")"), placeholders.contains(where: { $0.isEmpty || text.contains($0) }) else {
            return false
        }
        var open = 0
        for (index, byte) in text.utf8.enumerated() {
            if byte == UInt8(ascii: "(") { open += 1 }
            if byte == UInt8(ascii: ")") { open -= 1 }
            if open == 0, index < text.utf8.count - 1 { return false }
        }
        return open == 0
    }

    private var timeProblems: [(key: String, message: String)] {
        var found: [(String, String)] = []
        for (key, seconds) in [
            ("connect_timeout_seconds", connectTimeoutSeconds), ("request_timeout_seconds", requestTimeoutSeconds),
        ]
        where !(1...120).contains(seconds) {
            found.append((key, "must be 1 to 120 seconds"))
        }
        return found
    }
}
