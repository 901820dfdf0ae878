import Outgoing
import PlatformModel

/// Carries requests of the driver API over the network, to where the admin's rules allow. Certificates are verified against the system's
/// authorities.
package struct NetworkConnector: DriverConnector {
    private let client: OutgoingClient
    /// Files (PEM) of what is trusted beside the system's authorities.
    private let authorities: [String]

    /// The largest answer, in bytes: more than a runner keeps of outputs.
    package static let largestAnswer = 2 << 20

    package init(rules: OutgoingRules, authorities: [String] = []) {
        client = OutgoingClient(rules: rules)
        self.authorities = authorities
    }

    package func send(_ call: DriverCall) async throws(OutgoingFailure) -> DriverAnswer {
        var headers = [(name: "Accept", value: "application/json")]
        if let cookie = call.cookie { headers.append((name: "Humanitec-Driver-Cookie", value: cookie)) }
        if call.body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        let answer = try await client.send(
            OutgoingRequest(
                call.method.rawValue, call.address, url: call.address.url(of: call.guResID), headers: headers, body: call.body,
                timeout: call.timeout, answerLimit: Self.largestAnswer, trust: .system(files: authorities)))
        return DriverAnswer(
            status: answer.status, cookie: answer.header("Set-Humanitec-Driver-Cookie"),
            retryAfter: answer.header("Retry-After").flatMap { Int($0) }, body: answer.body)
    }
}
