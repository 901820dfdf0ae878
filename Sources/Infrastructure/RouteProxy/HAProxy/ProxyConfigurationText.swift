/// The text of `haproxy.cfg` and `routes.map`.
///
/// Both hold the whole table, servers too: HAProxy that dies and is started again by its supervisor serves the same routes
/// before anybody tells it, and a reload loses none.
struct ProxyConfigurationText: Sendable {
    let configuration: RouteProxyConfiguration
    let table: RouteTable

    /// Marks the part of the configuration that only a reload can change; HAProxy answers it in `show info`.
    var mark: String { "martlet-\(Self.fingerprint(of: fixedPart))" }

    var text: String {
        var text = "# Written by Martlet at each change of a route; edits are lost.\n"
        text += global(mark: mark)
        text += frontend
        let servers = Dictionary(
            table.services.compactMap { service in service.backend.map { ($0, service.endpoints) } },
            uniquingKeysWith: { first, _ in first })
        for index in 0..<table.pool {
            text += backend(index)
            for endpoint in servers[index] ?? [] {
                text += "    server \(endpoint.serverName) \(endpoint) pool-purge-delay 1s\n"
            }
        }
        return text
    }

    var map: String {
        table.map.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)\n" }.joined()
    }

    private var fixedPart: String { global(mark: "") + frontend + "\(table.pool) " + backend(0) }

    private func global(mark: String) -> String {
        """
        global
            description \(mark)
            stats socket \(configuration.runtimeSocket) mode 600 level admin expose-fd listeners
            stats timeout 10s
            hard-stop-after 60s
            maxconn 4000

        defaults
            mode http
            option redispatch 1
            option forwardfor
            retries 3
            timeout connect 2s
            timeout client 60s
            timeout server 300s
            timeout http-request 10s
            timeout http-keep-alive 30s
            timeout queue 5s
            timeout tunnel 1h
            http-error status 503 content-type "text/html; charset=utf-8" hdr Retry-After 5 hdr Cache-Control no-store string "\(Self.unavailable)"

        """
    }

    private var frontend: String {
        """

        frontend routes
        \(configuration.binds.map(Self.bind).joined())\
            http-request del-header X-Forwarded-For
            http-request set-header X-Forwarded-Host %[req.hdr(host)]
            http-request set-header X-Forwarded-Proto http
            http-request set-var(txn.host) req.hdr(host),host_only,lower,rtrim(.)
            http-request set-var(txn.path) path
            http-request set-var(txn.key) var(txn.host),concat(,txn.path,/)
            http-request set-var(txn.backend) var(txn.key),map_beg(\(configuration.mapFile))
            http-request return status 404 content-type "text/html; charset=utf-8" string "\(Self.unknown)" if !{ var(txn.backend) -m found }
            use_backend %[var(txn.backend)]

        """
    }

    /// Port 80 is the socket that systemd passes, where it does: it stays open while HAProxy is started anew. HAProxy reads conditions anew at
    /// each start, so that one that listens there itself, from before there was a socket, goes on with the same file.
    private static func bind(_ address: String) -> String {
        guard RouteBind(address).isPassed else { return "    bind \(address)\n" }
        return """
                .if defined(LISTEN_FDS)
                    bind fd@3
                .else
                    bind \(address)
                .endif

            """
    }

    private func backend(_ index: Int) -> String {
        """

        backend \(RouteTable.name(ofBackend: index))
            balance leastconn

        """
    }

    private static let unknown = page("404", "No route leads here", "Nothing is deployed under this host and path.")
    private static let unavailable = page(
        "503", "Not ready", "A workload belongs here, and none of its replicas takes requests now. Try again in a few seconds.")

    private static func page(_ status: String, _ title: String, _ text: String) -> String {
        // Inside HAProxy's double quotes: no quote, no backslash, no dollar, no percent.
        "<!doctype html><meta charset=utf-8><title>\(status) \(title)</title><h1>\(title)</h1><p>\(text)</p>\\n"
    }

    /// FNV-1a, 64 bits: it only has to notice a change.
    private static func fingerprint(of text: String) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
