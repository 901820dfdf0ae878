import AccessControl
import HTTPTypes
import Logging
import Outgoing
import PlatformModel
import ServiceRuntime
import Synchronization

/// The keys of issuers whom organisations trust: fetched where the machine's administrator allows it, kept for a while, asked for once by
/// however many wait for them.
final class IssuerKeys: Sendable {
    private struct Issuer {
        var state = IssuerKeyState()
        var fetch: Task<Result<KeySet, TokenRefusal>, Never>?
    }

    private struct State {
        var issuers: [String: Issuer] = [:]
        var fetches = 0
    }

    /// Issuers that are remembered.
    private static let capacity = 500
    private static let mostFetches = 16
    private static let timeout = Duration.seconds(5)
    private static let documentLimit = 64 << 10
    private static let keySetLimit = 256 << 10

    private let state = Mutex(State())
    private let connector: any OutgoingConnector
    /// Authorities (PEM files) beside the system's.
    private let authorities: [String]
    private let logger: Logger
    private let now: @Sendable () -> Double

    init(
        connector: any OutgoingConnector, authorities: [String], logger: Logger,
        now: @escaping @Sendable () -> Double = IssuerKeys.clock()
    ) {
        self.connector = connector
        self.authorities = authorities
        self.logger = logger
        self.now = now
    }

    static func clock() -> @Sendable () -> Double {
        let start = ContinuousClock.now
        return { (ContinuousClock.now - start) / .seconds(1) }
    }

    /// The key that a token is signed with.
    /// - Throws: `TokenRefusal` when the issuer has no such key; 503 when its keys cannot be had.
    func key(for token: SignedToken, of issuer: String) async throws -> KeySet.Key {
        guard let algorithm = TokenAlgorithm(rawValue: token.algorithm) else { throw TokenRefusal("the algorithm is not known") }
        let set = try await keys(of: issuer) { $0.key(id: token.keyID, for: algorithm) != nil }
        guard let key = set.key(id: token.keyID, for: algorithm) else {
            throw TokenRefusal("the issuer has no such key (kid) for \(algorithm.rawValue)")
        }
        return key
    }

    private enum Way {
        case use(KeySet)
        case wait(Task<Result<KeySet, TokenRefusal>, Never>)
        case refuse(String)
    }

    private func keys(of issuer: String, isKnown: (KeySet) -> Bool) async throws -> KeySet {
        switch way(to: issuer, isKnown) {
        case .use(let keys): return keys
        case .refuse(let reason): throw Self.unavailable(reason)
        case .wait(let fetch):
            switch await fetch.value {
            case .success(let keys): return keys
            case .failure(let reason): throw Self.unavailable(reason.description)
            }
        }
    }

    private static func unavailable(_ reason: String) -> HTTPFailure {
        .unavailable("the issuer's keys cannot be had at the moment: \(reason)", retryAfter: Int(IssuerKeyState.retrySeconds))
    }

    private func way(to issuer: String, _ isKnown: (KeySet) -> Bool) -> Way {
        state.withLock { state in
            var entry = state.issuers[issuer] ?? Issuer()
            switch entry.state.step(at: now(), isKnown: isKnown) {
            case .use(let keys): return .use(keys)
            case .refuse(let reason):
                if let fetch = entry.fetch { return .wait(fetch) }
                return .refuse(reason)
            case .fetch:
                if let fetch = entry.fetch { return .wait(fetch) }
                guard state.fetches < Self.mostFetches else { return .refuse("too many issuers are asked at once") }
                if state.issuers.count >= Self.capacity, state.issuers[issuer] == nil { Self.makeRoom(&state) }
                entry.state.began(at: now())
                // Not of whoever asks first: others wait for it, too. It ends by its time limits.
                let fetch = Task { await self.fetch(issuer) }
                entry.fetch = fetch
                state.fetches += 1
                state.issuers[issuer] = entry
                return .wait(fetch)
            }
        }
    }

    private static func makeRoom(_ state: inout State) {
        let idle = state.issuers.filter { $0.value.fetch == nil }
        if let oldest = idle.min(by: { $0.value.state.triedAt < $1.value.state.triedAt })?.key { state.issuers[oldest] = nil }
    }

    private func fetch(_ issuer: String) async -> Result<KeySet, TokenRefusal> {
        var result: Result<KeySet, TokenRefusal>
        do throws(TokenRefusal) { result = .success(try await download(issuer)) } catch { result = .failure(error) }
        if case .failure(let reason) = result {
            logger.warning("an issuer's keys cannot be had", metadata: ["issuer": "\(issuer)", "reason": "\(reason)"])
        }
        let known = state.withLock { state -> KeySet? in
            state.fetches -= 1
            state.issuers[issuer]?.fetch = nil
            switch result {
            case .success(let keys):
                state.issuers[issuer]?.state.got(keys, at: now())
                return nil
            case .failure(let reason): return state.issuers[issuer]?.state.failed(reason.description, at: now())
            }
        }
        if let known { result = .success(known) }
        return result
    }

    /// OpenID Connect Discovery 1.0, section 4: the issuer's own document says where its keys are.
    private func download(_ issuer: String) async throws(TokenRefusal) -> KeySet {
        let base = try Self.address(issuer, "issuer")
        let document = try await get(
            base, url: base.description + ".well-known/openid-configuration", limit: Self.documentLimit)
        guard document["issuer"]?.string == issuer else { throw TokenRefusal("its configuration is another issuer's") }
        guard let text = document["jwks_uri"]?.string else { throw TokenRefusal("its configuration names no jwks_uri") }
        return try KeySet(try await get(try Self.address(text, "jwks_uri"), url: text, limit: Self.keySetLimit))
    }

    private static func address(_ text: String, _ what: String) throws(TokenRefusal) -> DriverAddress {
        let address: DriverAddress
        do throws(DriverTargetError) { address = try DriverAddress(text) } catch {
            throw TokenRefusal("its \(what) is no address: \(error.message)")
        }
        guard address.isTLS else { throw TokenRefusal("its \(what) is not https") }
        return address
    }

    private func get(_ address: DriverAddress, url: String, limit: Int) async throws(TokenRefusal) -> JSON {
        let answer: OutgoingAnswer
        do throws(OutgoingFailure) {
            answer = try await connector.send(
                OutgoingRequest(
                    "GET", address, url: url, headers: [("accept", "application/json")], timeout: Self.timeout,
                    answerLimit: limit,
                    trust: .system(files: authorities)))
        } catch {
            throw TokenRefusal("\(address.authority): \(Self.words(error))")
        }
        guard answer.status == 200 else { throw TokenRefusal("\(address.authority) answered \(answer.status)") }
        guard let json = try? JSON.parse(answer.body) else { throw TokenRefusal("\(address.authority) answered no JSON") }
        return json
    }

    private static func words(_ failure: OutgoingFailure) -> String {
        switch failure {
        case .notAllowed: "`oidc.issuers` in the gateway's file does not allow the address"
        case .untrusted(let reason), .notConnected(let reason), .lost(let reason): reason
        case .tooLarge(let limit): "the answer is larger than \(limit) bytes"
        case .cancelled: "cancelled"
        }
    }
}
