import PlatformModel
import Testing

@testable import AccessControl

@Suite struct IssuerTrustTests {
    @Test func patterns() throws {
        let cases: [(String, [String], [String])] = [
            ("refs/heads/main", ["refs/heads/main"], ["refs/heads/mai", "refs/heads/main2", "REFS/heads/main", ""]),
            (
                "refs/heads/*", ["refs/heads/a", "refs/heads/release-1"],
                ["refs/heads/", "refs/heads/a/b", "refs/heads/a:b", "x"]
            ),
            (
                "repo:octo/*:ref:refs/heads/main", ["repo:octo/shop:ref:refs/heads/main"],
                [
                    "repo:octo/:ref:refs/heads/main", "repo:octo/shop:ref:refs/heads/main2",
                    "repo:evil/octo/shop:ref:refs/heads/main",
                    "repo:octo/shop:environment:x:ref:refs/heads/main", "repo:octo/a:b/c:ref:refs/heads/main",
                ]
            ),
            ("*-*-x", ["a-b-x", "a-b-c-x", "--y-x"], ["-x", "a-x", "a-b-xx", "a/b-c-x"]),
            ("a*", ["ab", "a*"], ["a", "b"]),
        ]
        for (text, yes, no) in cases {
            let pattern = try #require(ClaimPattern(text))
            for value in yes { #expect(pattern.matches(value), "\(text) \(value)") }
            for value in no { #expect(!pattern.matches(value), "\(text) \(value)") }
        }
        for text in ["", "*", "**", "a**", "a\nb", String(repeating: "a", count: 1025)] { #expect(ClaimPattern(text) == nil) }
        // Bytes, and not what looks the same.
        #expect(try !#require(ClaimPattern("caf\u{e9}")).matches("cafe\u{301}"))
    }

    /// Against the plain meaning, tried by every way of splitting.
    @Test func patternsAreWhatTheySay() throws {
        func plain(_ pattern: ArraySlice<Character>, _ value: ArraySlice<Character>) -> Bool {
            guard let first = pattern.first else { return value.isEmpty }
            guard first == "*" else { return value.first == first && plain(pattern.dropFirst(), value.dropFirst()) }
            for count in 1...max(1, value.count) where count <= value.count {
                guard value.prefix(count).allSatisfy({ $0 != "/" && $0 != ":" }) else { break }
                if plain(pattern.dropFirst(), value.dropFirst(count)) { return true }
            }
            return false
        }
        var matched = 0
        for _ in 0..<20_000 {
            let text = String((0..<Int.random(in: 1...6)).compactMap { _ in "ab*/:".randomElement() })
            let value = String((0..<Int.random(in: 0...7)).compactMap { _ in "ab/:".randomElement() })
            guard let pattern = ClaimPattern(text) else { continue }
            let expected = plain(Array(text)[...], Array(value)[...])
            matched += expected ? 1 : 0
            #expect(pattern.matches(value) == expected, "\(text) \(value)")
        }
        #expect(matched > 50)
    }

    @Test func longPatternsTakeNoTime() throws {
        let pattern = try #require(ClaimPattern(String(repeating: "*a", count: 500)))
        #expect(!pattern.matches(String(repeating: "a", count: 1000) + "b"))
        #expect(!pattern.matches(String(repeating: "a", count: 5000)))
    }

    @Test func base64URL() {
        for count in 0..<40 {
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255) }, text = Base64URL.encode(bytes)
            #expect(Base64URL.decode(text) == bytes && !text.contains("="))
        }
        #expect(Base64URL.encode([0xfb, 0xff]) == "-_8")
        for text in ["=", "YQ==", "Y+", "Y/", "Y", "YR", "Y Q", "YWI\n", "\u{e9}"] {
            #expect(Base64URL.decode(text) == nil, "\(text)")
        }
    }

    @Test func keySets() throws {
        let n = Base64URL.encode([UInt8](repeating: 0xAB, count: 256)), x = Base64URL.encode([UInt8](repeating: 1, count: 32))
        let document: JSON = [
            "keys": [
                ["kty": "RSA", "kid": "a", "n": .string(n), "e": "AQAB"],
                ["kty": "RSA", "kid": "enc", "use": "enc", "n": .string(n), "e": "AQAB"],
                ["kty": "RSA", "kid": "pss", "alg": "PS256", "n": .string(n), "e": "AQAB"],
                ["kty": "oct", "kid": "shared", "k": "AAAA"],
                ["kty": "EC", "crv": "P-256", "kid": "b", "x": .string(x), "y": .string(x)],
                ["kty": "EC", "crv": "P-384", "kid": "c", "x": .string(x), "y": .string(x)],
                ["kty": "EC", "crv": "P-256", "kid": "d", "x": "AA", "y": .string(x)],
                ["kty": "OKP", "crv": "Ed25519", "kid": "e", "x": .string(x)],
                ["kty": "OKP", "crv": "Ed25519", "kid": "f", "key_ops": ["sign"], "x": .string(x)],
                "nonsense", ["kid": 5],
            ]
        ]
        let set = try KeySet(document)
        #expect(set.keys.map(\.id) == ["a", "b", "e"])
        #expect(set.key(id: "a", for: .rs256)?.id == "a" && set.key(id: nil, for: .rs256)?.id == "a")
        // A key is not used for another algorithm, whatever its name.
        #expect(
            set.key(id: "a", for: .es256) == nil && set.key(id: "b", for: .rs256) == nil && set.key(id: "z", for: .rs256) == nil)
        let twice = try KeySet(["keys": .array([document["keys"]?[0] ?? .null, document["keys"]?[0] ?? .null])])
        #expect(twice.key(id: "a", for: .rs256) == nil && twice.key(id: nil, for: .rs256) == nil)
        for bad: JSON in [[], ["keys": "x"], ["keys": .array(Array(repeating: [:], count: 65))]] {
            #expect(throws: TokenRefusal.self) { try KeySet(bad) }
        }
    }

    /// When an issuer is asked: never more often than the pauses say.
    @Test func whenKeysAreAskedFor() throws {
        let keys = try KeySet(["keys": []])
        var state = IssuerKeyState()
        #expect(state.step(at: 0) { _ in true } == .fetch)
        state.began(at: 0)
        _ = state.failed("away", at: 1)
        #expect(state.step(at: 9) { _ in true } == .refuse("away"))
        #expect(state.step(at: 10) { _ in true } == .fetch)
        state.began(at: 10)
        state.got(keys, at: 11)
        #expect(state.step(at: 12) { _ in true } == .use(keys))
        #expect(state.step(at: 39) { _ in false } == .use(keys))
        #expect(state.step(at: 40) { _ in false } == .fetch)
        state.began(at: 40)
        state.got(keys, at: 40)
        #expect(state.step(at: 640) { _ in true } == .fetch)
        state.began(at: 640)
        #expect(state.failed("away", at: 641) == keys)
        #expect(state.step(at: 645) { _ in true } == .use(keys))
        #expect(state.step(at: 650) { _ in true } == .fetch)
        state.began(at: 3650)
        #expect(state.failed("gone", at: 3650) == nil)
        #expect(state.step(at: 3655) { _ in true } == .refuse("gone"))
    }
}
