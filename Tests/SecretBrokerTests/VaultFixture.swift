import AsyncHTTPClient
import Cryptography
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOSSL
import PlatformModel
import ServiceAPI
import TestSupport
import Testing

@testable import SecretBroker

/// A broker with a store `vault` at a stand-in for Vault.
struct VaultFixture: Sendable {
    let broker: BrokerFixture
    let vault: VaultStandIn
    let certificate: String

    static let approle: JSON = ["role_id": "role-1", "secret_id": "secret-1"]

    /// Room for a machine that is busy, and short pauses.
    static var limits: VaultLimits {
        var limits = VaultLimits()
        limits.attempt = .seconds(10)
        limits.whole = .seconds(30)
        limits.firstPause = .milliseconds(20)
        return limits
    }

    static func with(
        auth: JSON = ["token": "hvs.root"], vault extra: JSON = [:], limits: VaultLimits = VaultFixture.limits,
        _ body: @Sendable @escaping (VaultFixture) async throws -> Void
    ) async throws {
        let pair = try SelfSignedCertificate(names: ["127.0.0.1"])
        let key = pair.privateKey.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
        let vault = try await VaultStandIn(certificate: pair.certificate, key: key)
        try await BrokerFixture.with(addresses: ["127.0.0.1"], limits: limits) { broker in
            let fixture = VaultFixture(broker: broker, vault: vault, certificate: pair.certificate)
            _ = try await fixture.put(auth: auth, extra: extra)
            try await body(fixture)
        }
    }

    @discardableResult
    func put(
        _ id: String = "vault", org: String = "acme", auth: JSON? = ["token": "hvs.root"], extra: JSON = [:], isNew: Bool = true
    ) async throws -> SecretStoreRecord {
        var document: JSON = isNew ? ["url": .string(vault.url), "ca": .string(certificate)] : [:]
        document["auth"] = auth
        for (key, value) in extra.object ?? [:] { document[key] = value }
        return try await broker.client.call(
            .put, "/v1/stores/\(id)", body: SecretStoreWrite(orgID: org, by: "user:ann", isNew: isNew, vault: document))
    }

    /// Gives the stand-in another mind, and tells what came to it.
    @discardableResult
    func control(_ change: JSON = [:]) async throws -> JSON {
        try await request(.post, "/control", change)
    }

    /// A secret of the key-value engine, version 2.
    func keep(_ path: String, _ data: JSON) async throws {
        _ = try await request(.post, "/v1/secret/data/\(path)", ["data": data])
    }

    /// What was asked for since the last look.
    func requests() async throws -> [JSON] {
        let seen = try await control()["requests"]?.array ?? []
        _ = try await control(["forget_requests": true])
        return seen
    }

    @discardableResult
    func request(_ method: Verb, _ path: String, _ body: JSON) async throws -> JSON {
        var configuration = HTTPClient.Configuration()
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(certificate.utf8)))
        configuration.tlsConfiguration = tls
        let client = HTTPClient(configuration: configuration)
        var request = HTTPClientRequest(url: vault.url + path)
        request.method = method == .post ? .POST : .GET
        request.headers.add(name: "X-Vault-Token", value: "hvs.root")
        request.body = .bytes(ByteBuffer(string: body.canonical))
        let bytes: [UInt8]
        do {
            let response = try await client.execute(request, timeout: .seconds(20))
            bytes = Array(try await response.body.collect(upTo: 1 << 22).readableBytesView)
        } catch {
            try await client.shutdown()
            throw error
        }
        try await client.shutdown()
        return bytes.isEmpty ? .null : try JSON.parse(bytes)
    }

    enum Verb { case get, post }

    /// Reads under a grant that names the reference, as a deployment of the application in its environment.
    func read(
        _ ref: String, version: String? = nil, isValue: Bool = false, app: String = "shop", env: String = "dev",
        type: String = "development", store: String = "vault"
    ) async throws -> JSON {
        let reference = SecretReference(store: store, ref: ref, version: version)
        try await broker.client.send(
            .put, "/v1/grants/vg",
            body: Grant(
                orgID: "acme", reads: [reference], writePrefix: nil, standing: false,
                place: SecretPlace(appID: app, envID: env, envType: type), valueReads: isValue ? [reference] : []))
        let reply: SecretReadReply = try await broker.client.call(
            .post, "/v1/secrets/read", body: SecretReadRequest(grant: "vg", references: [reference], orgID: "acme"))
        return reply.values[0]
    }

    /// The status, the error and the words of a refusal. Nothing of a credential is ever in them.
    func refusal(_ body: () async throws -> Void) async throws -> String {
        do {
            try await body()
        } catch let error as RoomError {
            let words = "\(error.status ?? 0) \(error.body?.error ?? "") \(error.body?.message ?? error.description)"
            #expect(!words.contains("hvs.") && !words.contains("secret-1"), "\(words)")
            return words
        }
        return "done"
    }
}
