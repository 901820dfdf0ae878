import Outgoing
import PlatformModel

/// How long and how often a Vault server is asked.
struct VaultLimits: Sendable {
    var attempt = Duration.seconds(5)
    /// All attempts of one request together.
    var whole = Duration.seconds(15)
    var attempts = 4
    var firstPause = Duration.milliseconds(200)
    /// Bytes of an answer: more than Vault keeps in one secret.
    var answer = 2 << 20
}

/// One request to a Vault server: asked again while it is busy, on standby, sealed or away, within bounds.
struct VaultExchange: Sendable {
    let specification: VaultSpecification
    /// Never in any text.
    let secrets: [String]
    let connector: any OutgoingConnector
    let limits: VaultLimits

    /// - Parameters:
    ///   - path: below `/v1/`, encoded; may have a query.
    ///   - repeats: false for what may not be done twice.
    /// - Returns: an answer that no waiting changes.
    func ask(
        _ method: String, _ path: String, token: String?, body: JSON? = nil, repeats: Bool = true
    ) async throws(OutsideFailure) -> OutgoingAnswer {
        let end = ContinuousClock.now + limits.whole
        var url = specification.address.description + "v1/" + path
        var pause = limits.firstPause, redirects = 0, attempt = 0
        while true {
            attempt += 1
            let outcome: Result<OutgoingAnswer, OutgoingFailure>
            do { outcome = .success(try await connector.send(request(method, url, token, body, end))) } catch {
                outcome = .failure(error)
            }
            let reason: String
            var wanted: Duration?
            switch outcome {
            case .failure(let failure): reason = try passing(failure, repeats)
            case .success(let answer):
                if let target = try redirect(answer, method) {
                    redirects += 1
                    guard redirects <= 1 else { throw .refused("it sends from one address to the next") }
                    url = target
                    continue
                }
                guard Self.passing.contains(answer.status) else { return answer }
                reason = Self.words(of: answer.status) + said(answer, token: token)
                wanted = answer.header("Retry-After").flatMap { Int($0) }.map { .seconds(min(max($0, 0), 86_400)) }
            }
            let wait = max(wanted ?? .zero, pause / 2 + pause * Double.random(in: 0...0.5))
            guard attempt < limits.attempts, ContinuousClock.now + wait < end else {
                throw .unavailable("\(reason) (asked \(attempt) \(attempt == 1 ? "time" : "times"))")
            }
            pause *= 2
            do { try await Task.sleep(for: wait) } catch { throw .cancelled }
        }
    }

    /// What Vault says may pass: 412 a replica that is behind, 429 too many requests or standby, 472 and 473 standby, 503 sealed.
    private static let passing: Set = [412, 429, 472, 473, 500, 502, 503, 504]

    private static func words(of status: Int) -> String {
        switch status {
        case 429, 472, 473: "it is busy or on standby (\(status))"
        case 503: "it is sealed or not there (503)"
        default: "it answered \(status)"
        }
    }

    private func request(
        _ method: String, _ url: String, _ token: String?, _ body: JSON?, _ end: ContinuousClock.Instant
    ) -> OutgoingRequest {
        var headers = [(name: "Accept", value: "application/json"), (name: "X-Vault-Request", value: "true")]
        if let token { headers.append((name: "X-Vault-Token", value: token)) }
        if let namespace = specification.namespace { headers.append((name: "X-Vault-Namespace", value: namespace)) }
        if body != nil { headers.append((name: "Content-Type", value: "application/json")) }
        return OutgoingRequest(
            method, specification.address, url: url, headers: headers, body: body.map { Array($0.canonical.utf8) },
            timeout: min(limits.attempt, max(end - .now, .milliseconds(1))), answerLimit: limits.answer,
            trust: specification.authority.map { .pinned($0) } ?? .system())
    }

    /// Where a standby sends to, when it is the same place: the token goes nowhere else.
    private func redirect(_ answer: OutgoingAnswer, _ method: String) throws(OutsideFailure) -> String? {
        guard [301, 302, 303, 307, 308].contains(answer.status) else { return nil }
        let target = answer.header("Location") ?? ""
        let place = specification.address.description
        if target.hasPrefix(place), ["GET", "LIST"].contains(method) { return target }
        let host = (try? DriverAddress(String(target.prefix { $0 != "?" && $0 != "#" })))?.authority ?? "another place"
        throw .refused(
            "it sends to \(host), where nothing is sent: give the address of the active node, or of what stands before all of them, as url"
        )
    }

    /// - Throws: what no repetition changes.
    private func passing(_ failure: OutgoingFailure, _ repeats: Bool) throws(OutsideFailure) -> String {
        switch failure {
        case .notConnected(let reason): return reason
        case .lost(let reason):
            guard repeats else { throw .unavailable(reason) }
            return reason
        case .notAllowed(let address):
            throw .refused(
                "\(specification.address.authority) (\(address)) is no place where secret stores may be; an administrator of this machine "
                    + "allows places in broker.yaml under stores.addresses")
        case .untrusted(let reason): throw .refused(masked(reason, token: nil))
        case .tooLarge(let limit): throw .refused("its answer has more than \(limit) bytes")
        case .cancelled: throw .cancelled
        }
    }

    /// What an answer says of itself: `: permission denied`.
    func said(_ answer: OutgoingAnswer, token: String?) -> String {
        let errors = (try? JSON.parse(answer.body))?["errors"]?.array?.compactMap(\.string) ?? []
        let text = errors.joined(separator: "; ")
        return text.isEmpty ? "" : ": \(masked(text, token: token).prefix(300))"
    }

    /// One line, without what signs in: also where the server repeats it.
    private func masked(_ text: String, token: String?) -> String {
        let hidden = (secrets + [token].compactMap(\.self)).reduce(text) { $0.replacing($1, with: "***") }
        return hidden.withoutControls.map { $0.isNewline || $0 == "\t" ? " " : String($0) }.joined()
    }
}
