import PlatformModel

/// One request to a place that a tenant named.
package struct OutgoingRequest: Sendable {
    /// `GET`, `LIST`, ...
    package var method: String
    /// What the rules are asked about.
    package var address: DriverAddress
    /// Within that address.
    package var url: String
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]?
    /// For this one request and its answer.
    package var timeout: Duration
    /// Bytes of the answer.
    package var answerLimit: Int
    package var trust: OutgoingTrust

    package init(
        _ method: String, _ address: DriverAddress, url: String, headers: [(name: String, value: String)] = [],
        body: [UInt8]? = nil, timeout: Duration, answerLimit: Int, trust: OutgoingTrust = .system()
    ) {
        self.method = method
        self.address = address
        self.url = url
        self.headers = headers
        self.body = body
        self.timeout = timeout
        self.answerLimit = answerLimit
        self.trust = trust
    }
}

/// Whose certificates are believed.
package enum OutgoingTrust: Sendable, Hashable {
    /// The system's authorities, and those of these files (PEM).
    case system(files: [String] = [])
    /// These authorities (PEM) alone.
    case pinned(String)
}

/// What was answered, whatever its status. A redirect is an answer.
package struct OutgoingAnswer: Sendable {
    package var status: Int
    private let headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// The first of that name, in whatever case.
    package func header(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }
}

/// Why a request brought no answer.
package enum OutgoingFailure: Error, Sendable, Hashable {
    /// The admin's rules do not allow the place; with the address that it has.
    case notAllowed(String)
    /// The certificate, most of all.
    case untrusted(String)
    /// Nothing was sent.
    case notConnected(String)
    /// It may have arrived.
    case lost(String)
    case tooLarge(limit: Int)
    case cancelled
}

/// Carries requests to places that tenants named.
package protocol OutgoingConnector: Sendable {
    /// One attempt. A redirect is not followed.
    func send(_ request: OutgoingRequest) async throws(OutgoingFailure) -> OutgoingAnswer
}
