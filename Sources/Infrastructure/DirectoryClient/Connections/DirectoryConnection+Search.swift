import CLDAP
import DirectoryRules
import Glibc

extension DirectoryConnection {
    enum Scope: Sendable {
        case base, subtree

        var value: ber_int_t { ber_int_t(self == .base ? LDAP_SCOPE_BASE : LDAP_SCOPE_SUBTREE) }
    }

    /// One attribute of one entry: more is not understood.
    private static let valueLimit = 50_000

    /// A search. More than `limit` entries, or any result but success, is a failure: half an answer is none. References to other servers
    /// are not followed and count as nothing.
    func search(
        base: String, scope: Scope = .subtree, filter: String, attributes: [String], limit: Int32
    ) throws(Failure) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = [], cookie: [UInt8] = []
        let pageSize = scope == .base ? 0 : configuration.pageSize
        repeat {
            let page = try page(base, scope, filter, attributes, limit, pageSize, &cookie)
            entries += page
            guard entries.count <= Int(limit) else {
                throw Failure(code: LDAP_SIZELIMIT_EXCEEDED, description: "search under \(base): more than \(limit) entries")
            }
            // A server that pages without end and without entries.
            guard !page.isEmpty || cookie.isEmpty else {
                throw Failure(code: LDAP_PROTOCOL_ERROR, description: "search under \(base): an empty page, and more to come")
            }
        } while !cookie.isEmpty
        for index in entries.indices { try complete(&entries[index]) }
        return entries
    }

    private func page(
        _ base: String, _ scope: Scope, _ filter: String, _ attributes: [String], _ limit: Int32, _ pageSize: Int,
        _ cookie: inout [UInt8]
    ) throws(Failure) -> [DirectoryEntry] {
        var names: [UnsafeMutablePointer<CChar>?] = attributes.map { strdup($0) } + [nil]
        defer { for name in names { free(name) } }
        var result: OpaquePointer?
        defer { if let result { ldap_msgfree(result) } }
        var controls: [UnsafeMutablePointer<LDAPControl>?] = []
        defer { for case let control? in controls { ldap_control_free(control) } }
        if pageSize > 0 {
            var control: UnsafeMutablePointer<LDAPControl>?
            let made = cookie.withUnsafeMutableBytes { bytes in
                var value = berval(
                    bv_len: ber_len_t(bytes.count), bv_val: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
                // Not critical: a server without pages gives all, or says that it is too much.
                return ldap_create_page_control(handle, ber_int_t(pageSize), &value, 0, &control)
            }
            try check(made, "paged results")
            controls = [control]
        }
        var timeout = timeval(tv_sec: configuration.requestTimeoutSeconds, tv_usec: 0)
        // Paged, the server counts by the page; not paged, it may stop one behind the bound.
        let bound = pageSize > 0 ? 0 : limit == .max ? limit : limit + 1
        // An empty list of controls is as good as none.
        var list = controls + [nil]
        let code = interruption().during(descriptor) {
            ldap_search_ext_s(handle, base, scope.value, filter, &names, 0, &list, nil, &timeout, bound, &result)
        }
        try check(code, "search under \(base)")
        cookie = pageSize > 0 ? try nextCookie(result) : []
        return try read(result)
    }

    private func nextCookie(_ result: OpaquePointer?) throws(Failure) -> [UInt8] {
        var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?
        // Of the whole chain the last message is the result, and the only one with these controls.
        guard let last = lastMessage(result) else { return [] }
        try check(ldap_parse_result(handle, last, nil, nil, nil, nil, &controls, 0), "paged results")
        defer { if let controls { ldap_controls_free(controls) } }
        guard let controls, let control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nil) else { return [] }
        var estimate: ber_int_t = 0, cookie = berval()
        try check(ldap_parse_pageresponse_control(handle, control, &estimate, &cookie), "paged results")
        defer { ldap_memfree(cookie.bv_val) }
        return Self.bytes(of: cookie)
    }

    private func lastMessage(_ result: OpaquePointer?) -> OpaquePointer? {
        var message = ldap_first_message(handle, result)
        while let current = message {
            if ldap_msgtype(current) == Int32(LDAP_RES_SEARCH_RESULT) { return current }
            message = ldap_next_message(handle, current)
        }
        return nil
    }

    private func read(_ result: OpaquePointer?) throws(Failure) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = [], entry = ldap_first_entry(handle, result)
        while let current = entry {
            entries.append(try read(entry: current))
            entry = ldap_next_entry(handle, current)
        }
        return entries
    }

    private func read(entry: OpaquePointer) throws(Failure) -> DirectoryEntry {
        guard let dn = ldap_get_dn(handle, entry) else {
            throw Failure(code: LDAP_DECODING_ERROR, description: "an entry without a DN")
        }
        defer { ldap_memfree(dn) }
        var values: [String: [[UInt8]]] = [:], state: OpaquePointer?
        var name = ldap_first_attribute(handle, entry, &state)
        defer { if let state { ber_free(state, 0) } }
        while let current = name {
            defer { ldap_memfree(current) }
            if let list = ldap_get_values_len(handle, entry, current) {
                defer { ldap_value_free_len(list) }
                values[String(cString: current).lowercased(), default: []] +=
                    (0..<Int(ldap_count_values_len(list))).compactMap { list[$0].map { Self.bytes(of: $0.pointee) } }
            }
            name = ldap_next_attribute(handle, entry, state)
        }
        return DirectoryEntry(dn: String(cString: dn), values: values)
    }

    /// Fetches the further parts of attributes that the server gives in parts.
    private func complete(_ entry: inout DirectoryEntry) throws(Failure) {
        for (key, first) in entry.values {
            guard let range = RangedAttribute(key) else { continue }
            entry.values[key] = nil
            var all = first, next = range.next
            while let wanted = next {
                // Unpaged, of this one entry: the parts of one attribute.
                var cookie: [UInt8] = []
                let part = try page(entry.dn, .base, "(objectClass=*)", [wanted], 1, 0, &cookie).first
                guard let found = part?.values.first(where: { RangedAttribute($0.key)?.name == range.name }) else {
                    throw Failure(code: LDAP_DECODING_ERROR, description: "\(entry.dn): \(wanted) was promised and is not there")
                }
                all += found.value
                next = RangedAttribute(found.key)?.next
                guard all.count <= Self.valueLimit, !found.value.isEmpty || next == nil else {
                    throw Failure(code: LDAP_SIZELIMIT_EXCEEDED, description: "\(entry.dn): \(range.name) has too many values")
                }
            }
            entry.values[range.name, default: []] += all
        }
    }

    private static func bytes(of value: berval) -> [UInt8] {
        guard let start = value.bv_val else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: Int(value.bv_len)))
    }
}
