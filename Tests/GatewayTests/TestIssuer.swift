import FoundationEssentials
import HTTPTypes
import Hummingbird
import Logging
import PlatformModel
import ServiceRuntime
import Synchronization
import TestSupport
import Testing

@testable import Gateway

/// An issuer of tokens over HTTPS on loopback, whose tokens are signed by OpenSSL's program and by nothing of ours.
final class TestIssuer: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case rsa = "RS256"
        case p256 = "ES256"
        case ed25519 = "EdDSA"
    }

    enum Behaviour: Sendable {
        case good, hangs, garbage, redirects
        /// Names keys elsewhere.
        case keysAt(String)
        case errors(Int)
    }

    let url: String
    let authority: String
    private let folder: TemporaryFolder
    private let state = Mutex((keys: [JSON](), behaviour: Behaviour.good, asked: 0))

    private init(url: String, authority: String, folder: TemporaryFolder) {
        self.url = url
        self.authority = authority
        self.folder = folder
    }

    /// How often its configuration was asked for.
    var asked: Int { state.withLock { $0.asked } }
    func behaves(_ behaviour: Behaviour) { state.withLock { $0.behaviour = behaviour } }
    func shows(_ keys: [JSON]) { state.withLock { $0.keys = keys } }

    static func with(_ body: @escaping @Sendable (TestIssuer) async throws -> Void) async throws {
        let folder = try TemporaryFolder("issuer"), logger = Logger(label: "issuer") { _ in SwiftLogNoOpLogHandler() }
        let files = GatewayConfiguration.TLSFiles(
            certificate: folder.file("certificate.pem"), key: folder.file("key.pem"), selfSigned: true, names: ["127.0.0.1"])
        let tls = try ServerCertificate.configuration(files, logger: logger), router = RoomRouter()
        let box = Mutex<TestIssuer?>(nil)
        let answer: @Sendable (Request, RoomContext) async throws -> Response = { request, _ in
            guard let issuer = box.withLock({ $0 }) else { throw HTTPFailure.notFound("not yet") }
            return try await issuer.answer(request.uri.path)
        }
        for path in ["/.well-known/openid-configuration", "/keys", "/elsewhere"] {
            router.network().on(RouterPath(path), method: .get, use: answer)
        }
        let server = RoomServer(
            endpoints: [.init(.tls(name: "issuer", host: "127.0.0.1", port: 0, configuration: tls), router)],
            configuration: ServiceConfiguration(socket: folder.file("unused.sock"), callers: [:], shutdownGrace: .zero),
            logger: logger)
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                try await server.run()
                return false
            }
            let port = try #require(try await server.listening().compactMap(\.port).first)
            let issuer = TestIssuer(url: "https://127.0.0.1:\(port)", authority: files.certificate, folder: folder)
            box.withLock { $0 = issuer }
            group.addTask {
                try await body(issuer)
                return true
            }
            defer { group.cancelAll() }
            while let done = try await group.next(), !done {}
        }
    }

    private func answer(_ path: String) async throws -> Response {
        let (keys, behaviour) = state.withLock { state in
            if path.hasPrefix("/.well-known") { state.asked += 1 }
            return (state.keys, state.behaviour)
        }
        switch behaviour {
        case .good: break
        // Holds the request open, longer than anybody waits.
        case .hangs: try await Task.sleep(for: .seconds(600))
        case .garbage: return .json(bytes: Array("{\"issuer\":".utf8))
        case .redirects: return .empty(.found, headers: [.location: url + "/elsewhere"])
        case .errors(let status): return .empty(.init(code: status))
        case .keysAt(let address) where path.hasPrefix("/.well-known"):
            return try .json(JSON.object(["issuer": .string(url), "jwks_uri": .string(address)]))
        case .keysAt: break
        }
        guard path == "/keys" else {
            return try .json(JSON.object(["issuer": .string(url), "jwks_uri": .string(url + "/keys")]))
        }
        return try .json(JSON.object(["keys": .array(keys)]))
    }

    // MARK: Keys and signatures

    struct Key: Sendable {
        let kind: Kind
        let file: String
        let id: String
        /// As the issuer shows it.
        let shown: JSON
    }

    private func openssl(_ words: String...) async throws -> String {
        let run = try await CommandRun(["openssl"] + words)
        try #require(run.code == 0, "openssl \(words): \(run.error)")
        return run.output
    }

    private func bytes(_ name: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: folder.file(name)))) }

    func makeKey(_ kind: Kind, id: String, bits: Int = 2048) async throws -> Key {
        let file = folder.file("\(id).pem"), der = "\(id).der"
        switch kind {
        case .rsa:
            _ = try await openssl("genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:\(bits)", "-out", file)
        case .p256: _ = try await openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", file)
        case .ed25519: _ = try await openssl("genpkey", "-algorithm", "ED25519", "-out", file)
        }
        _ = try await openssl("pkey", "-in", file, "-pubout", "-outform", "DER", "-out", folder.file(der))
        let end = try bytes(der)
        var shown: JSON = ["kid": .string(id), "use": "sig", "alg": .string(kind.rawValue)]
        switch kind {
        case .rsa:
            let text = try await openssl("rsa", "-in", file, "-noout", "-modulus").split(separator: "=").last ?? ""
            let modulus = try #require(
                Hexadecimal.decode(text.trimmingPrefix { $0.isWhitespace }.filter { $0.isHexDigit }.lowercased()))
            shown["kty"] = "RSA"
            shown["n"] = .string(Base64URL.encode(modulus))
            shown["e"] = "AQAB"
        case .p256:
            shown["kty"] = "EC"
            shown["crv"] = "P-256"
            shown["x"] = .string(Base64URL.encode(Array(end.suffix(64).prefix(32))))
            shown["y"] = .string(Base64URL.encode(Array(end.suffix(32))))
        case .ed25519:
            shown["kty"] = "OKP"
            shown["crv"] = "Ed25519"
            shown["x"] = .string(Base64URL.encode(Array(end.suffix(32))))
        }
        return Key(kind: kind, file: file, id: id, shown: shown)
    }

    /// - Parameter header: What it says beside, or instead of, algorithm and key; null: nothing.
    func sign(_ claims: JSON, with key: Key, header: [String: JSON] = [:]) async throws -> String {
        var head: [String: JSON] = ["alg": .string(key.kind.rawValue), "kid": .string(key.id), "typ": "JWT"]
        for (name, value) in header { head[name] = value == .null ? JSON?.none : value }
        let text = Self.encode(.object(head)) + "." + Self.encode(claims), name = "in-\(UInt64.random(in: 0 ... .max))"
        try folder.write(text, to: name)
        let input = folder.file(name), output = folder.file(name + ".sig")
        if key.kind == .ed25519 {
            _ = try await openssl("pkeyutl", "-sign", "-rawin", "-inkey", key.file, "-in", input, "-out", output)
        } else {
            _ = try await openssl("dgst", "-sha256", "-sign", key.file, "-out", output, input)
        }
        let signature = try bytes(name + ".sig")
        return text + "." + Base64URL.encode(key.kind == .p256 ? try Self.numbers(signature) : signature)
    }

    static func encode(_ json: JSON) -> String { Base64URL.encode(Array(json.canonical.utf8)) }

    /// Two integers in DER as twice 32 bytes.
    private static func numbers(_ der: [UInt8]) throws -> [UInt8] {
        var rest = der.dropFirst(2), numbers: [UInt8] = []
        for _ in 0..<2 {
            try #require(rest.first == 2)
            let count = Int(rest[rest.startIndex + 1]), number = rest.dropFirst(2).prefix(count).drop { $0 == 0 }
            numbers += [UInt8](repeating: 0, count: 32 - number.count) + number
            rest = rest.dropFirst(2 + count)
        }
        return numbers
    }
}
