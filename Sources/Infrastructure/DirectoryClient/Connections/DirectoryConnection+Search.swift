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
    /// Of one search, in bytes of names and values: a server that sends without end is cut.
    private static let sizeLimit = 64 << 20

    /// A search. More than `limit` entries, or any result but success, is a failure: half an answer is none. References to other servers
    /// are not followed and count as nothing.
    func search(
        base: String, scope: Scope = .subtree, filter: String, attributes: [String], limit: Int32
    ) throws(Failure) -> [DirectoryEntry] {
        var entries: [DirectoryEntry] = [], cookie: [UInt8] = []
        // What fits into one page needs none.
        let pageSize = scope == .base || Int(limit) < configuration.pageSize ? 0 : configuration.pageSize
        repeat {
            let query = Query(
                base: base, scope: scope, filter: filter, attributes: attributes, limit: Int(limit) - entries.count,
                pageSize: pageSize)
            let page = try page(query, &cookie)
            entries += page
            // A server that pages without end; one that gives entries ends at the limit. Samba's cookie stays the same over all pages.
            guard cookie.isEmpty || !page.isEmpty else {
                throw Failure(code: LDAP_PROTOCOL_ERROR, description: "search under \(base): pages that lead nowhere")
            }
        } while !cookie.isEmpty
        for index in entries.indices { try complete(&entries[index]) }
        return entries
    }

    private struct Query {
        var base: String
        var scope: Scope
        var filter: String
        var attributes: [String]
        /// Entries that may come.
        var limit: Int
        /// 0: not paged.
        var pageSize: Int
    }

    private func page(_ query: Query, _ cookie: inout [UInt8]) throws(Failure) -> [DirectoryEntry] {
        let message = try ask(query, cookie)
        var entries: [DirectoryEntry] = [], size = 0
        let deadline = ServerPool.now + Int64(configuration.requestTimeoutSeconds)
        while true {
            var result: OpaquePointer?
            defer { if let result { ldap_msgfree(result) } }
            var left = timeval(tv_sec: Int(max(1, deadline - ServerPool.now)), tv_usec: 0)
            let kind = interruption().during(descriptor) { ldap_result(handle, message, LDAP_MSG_ONE, &left, &result) }
            guard kind > 0, ServerPool.now <= deadline else {
                ldap_abandon_ext(handle, message, nil, nil)
                let code = kind < 0 ? lastCode : LDAP_TIMEOUT
                throw Failure(code: code, description: "search under \(query.base): \(Self.text(of: code))")
            }
            switch kind {
            case 0x64:
                guard let result else { break }
                let entry = try read(entry: result)
                entries.append(entry)
                size += entry.size
                guard entries.count <= query.limit, size <= Self.sizeLimit else {
                    ldap_abandon_ext(handle, message, nil, nil)
                    throw Failure(
                        code: LDAP_SIZELIMIT_EXCEEDED,
                        description: "search under \(query.base): \(Self.text(of: LDAP_SIZELIMIT_EXCEEDED))")
                }
            case 0x65:
                cookie = try end(result, query)
                return entries
            // A reference to another server, or something in between.
            default: break
            }
        }
    }

    /// Sends the request.
    private func ask(_ query: Query, _ cookie: [UInt8]) throws(Failure) -> Int32 {
        var names: [UnsafeMutablePointer<CChar>?] = query.attributes.map { strdup($0) } + [nil]
        defer { for name in names { free(name) } }
        var controls: [UnsafeMutablePointer<LDAPControl>?] = []
        defer { for case let control? in controls { ldap_control_free(control) } }
        if query.pageSize > 0 {
            var control: UnsafeMutablePointer<LDAPControl>?, copy = cookie
            let made = copy.withUnsafeMutableBytes { bytes in
                var value = berval(
                    bv_len: ber_len_t(bytes.count), bv_val: bytes.baseAddress?.assumingMemoryBound(to: CChar.self))
                // Not critical: a server without pages gives all, or says that it is too much.
                return ldap_create_page_control(handle, ber_int_t(query.pageSize), &value, 0, &control)
            }
            try check(made, "paged results")
            controls = [control]
        }
        // An empty list of controls is as good as none.
        var list = controls + [nil], message: Int32 = -1
        var timeout = timeval(tv_sec: configuration.requestTimeoutSeconds, tv_usec: 0)
        // Paged, the server counts by the page; not paged, it may stop one behind the bound.
        let bound = query.pageSize > 0 ? 0 : Int32(clamping: query.limit + 1)
        let code = interruption().during(descriptor) {
            ldap_search_ext(
                handle, query.base, query.scope.value, query.filter, &names, 0, &list, nil, &timeout, bound, &message)
        }
        try check(code, "search under \(query.base)")
        return message
    }

    /// Reads the result that ends a search: success, and the cookie for the next page.
    private func end(_ result: OpaquePointer?, _ query: Query) throws(Failure) -> [UInt8] {
        var controls: UnsafeMutablePointer<UnsafeMutablePointer<LDAPControl>?>?, code: Int32 = LDAP_OTHER
        try check(ldap_parse_result(handle, result, &code, nil, nil, nil, &controls, 0), "search under \(query.base)")
        defer { if let controls { ldap_controls_free(controls) } }
        try check(code, "search under \(query.base)")
        guard query.pageSize > 0, let controls else { return [] }
        guard let control = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nil) else { return [] }
        var estimate: ber_int_t = 0, cookie = berval()
        try check(ldap_parse_pageresponse_control(handle, control, &estimate, &cookie), "paged results")
        defer { ldap_memfree(cookie.bv_val) }
        return Self.bytes(of: cookie)
    }

    private var lastCode: Int32 {
        var code: Int32 = LDAP_OTHER
        ldap_get_option(handle, LDAP_OPT_RESULT_CODE, &code)
        return code == LDAP_SUCCESS ? LDAP_SERVER_DOWN : code
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
                let query = Query(
                    base: entry.dn, scope: .base, filter: "(objectClass=*)", attributes: [wanted], limit: 1, pageSize: 0)
                let part = try page(query, &cookie).first
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
