import CPostgres

/// How to reach PostgreSQL and the limits of one pool.
package struct PostgresConfiguration: Sendable {
    /// A libpq connection string: `host=/run/postgresql dbname=martlet user=martlet_broker`, or a `postgresql://` URL.
    package var dsn: String
    /// From a credential file; never part of the DSN in configuration.
    package var password: String?
    package var applicationName = "martlet"
    /// Connections on which `query` and `execute` of many callers are pipelined.
    package var sharedConnections = 2
    /// Connections for transactions, one at a time each.
    package var transactionConnections = 8
    /// Batches on their way at once on one shared connection.
    package var pipelineDepth = 64
    /// Callers that may wait for a connection; the next one is refused at once.
    package var maximumWaiting = 1024
    package var acquireTimeout: Duration = .seconds(5)
    package var connectTimeout: Duration = .seconds(10)
    /// Longest run of one statement, ended by the server; nil for no limit.
    package var statementTimeout: Duration? = .seconds(30)
    /// Longest pause inside a transaction before the server ends it.
    package var idleInTransactionTimeout: Duration = .seconds(60)
    /// Transaction connections unused for this long are closed.
    package var idleTimeout: Duration = .seconds(60)
    /// For statements that are few, run often and look for rows by key in tables that are now empty and now full: the server plans each
    /// once on a connection, and by indexes. Otherwise it plans them anew for parameters that look cheaper, which takes longer than to
    /// run them, or keeps a plan that reads the whole table, since the table was empty when it was made.
    package var plansOnce = false
    /// Prepared statements kept on one connection.
    package var preparedStatementLimit = 256

    package init(dsn: String, password: String? = nil, applicationName: String = "martlet") {
        self.dsn = dsn
        self.password = password
        self.applicationName = applicationName
    }

    /// Keywords and values for PQconnectStartParams: the DSN's own values win over our settings.
    ///
    /// One list for each host that the DSN names, to be tried in their order. (libpq tries them itself, but leaves the time to its caller:
    /// a first host that does not answer at all would keep it from the second for ever.)
    func connectionParameters() throws(PostgresError) -> [[(keyword: String, value: String)]] {
        let parsed = try Self.parse(dsn)
        return try Self.hosts(of: parsed).map { own in
            self.parameters(parsed.merging(own) { _, own in own })
        }
    }

    /// What each host has of its own: `host`, `hostaddr` and `port` are lists in a DSN of several.
    private static func hosts(of parameters: [String: String]) throws(PostgresError) -> [[String: String]] {
        func list(_ keyword: String) -> [String] {
            parameters[keyword].map { $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init) } ?? []
        }
        let names = list("host"), addresses = list("hostaddr"), ports = list("port")
        let count = max(names.count, addresses.count)
        // A standby is preferred: that is decided over all of them.
        guard count > 1, parameters["target_session_attrs"] != "prefer-standby" else { return [[:]] }
        guard names.isEmpty || names.count == count, addresses.isEmpty || addresses.count == count,
            ports.count < 2 || ports.count == count
        else { throw PostgresError(.connection, "the DSN names \(count) hosts, and another number of addresses or ports") }
        return (0..<count).map { index in
            var own: [String: String] = [:]
            if !names.isEmpty { own["host"] = names[index] }
            if !addresses.isEmpty { own["hostaddr"] = addresses[index] }
            if ports.count == count { own["port"] = ports[index] }
            return own
        }
    }

    private func parameters(_ parsed: [String: String]) -> [(keyword: String, value: String)] {
        var parameters = parsed
        func add(_ keyword: String, _ value: String) {
            if parameters[keyword] == nil { parameters[keyword] = value }
        }
        add("application_name", applicationName)
        add("client_encoding", "UTF8")
        // GSS encryption is tried first by default and may block in a name lookup; nobody uses it here.
        add("gssencmode", "disable")
        add("keepalives_idle", "30")
        add("keepalives_interval", "10")
        add("keepalives_count", "3")
        add("tcp_user_timeout", "30000")
        if let password { add("password", password) }
        var settings = "-c TimeZone=UTC -c DateStyle=ISO -c statement_timeout=\(statementTimeout.map(Self.milliseconds) ?? 0)"
        // Where there is no index a plan looks dear beyond measure then, and would be compiled.
        if plansOnce { settings += " -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off" }
        settings += " -c idle_in_transaction_session_timeout=\(Self.milliseconds(idleInTransactionTimeout))"
        parameters["options"] = parameters["options"].map { "\(settings) \($0)" } ?? settings
        return parameters.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    static func milliseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        return seconds * 1000 + attoseconds / 1_000_000_000_000_000
    }

    /// Keywords and values of a libpq connection string; only what it gives itself.
    package static func parse(_ dsn: String) throws(PostgresError) -> [String: String] {
        var message: UnsafeMutablePointer<CChar>?
        guard let options = PQconninfoParse(dsn, &message) else {
            let reason = message.map { String(cString: $0) } ?? ""
            PQfreemem(message)
            // Only this message holds no part of a value; others may quote half a password.
            let safe = reason.hasPrefix("invalid connection option") ? String(reason.prefix { $0 != "\n" }) : "it does not parse"
            throw PostgresError(.connection, "the DSN is not a libpq connection string: \(safe)")
        }
        defer { PQconninfoFree(options) }
        var out: [String: String] = [:]
        var option = options
        while let keyword = option.pointee.keyword {
            if let value = option.pointee.val { out[String(cString: keyword)] = String(cString: value) }
            option += 1
        }
        return out
    }
}
