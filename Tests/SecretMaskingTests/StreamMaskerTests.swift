import Testing

@testable import SecretMasking

struct StreamMaskerTests {
    /// A generator that repeats: a failure names its seed.
    struct Random: RandomNumberGenerator {
        var state: UInt64
        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            var mixed = state
            mixed = (mixed ^ (mixed >> 33)) &* 0xff51_afd7_ed55_8ccd
            return mixed ^ (mixed >> 33)
        }
    }

    /// Every byte that lies in any form of any secret, by trying all of them everywhere.
    private func reference(_ text: [UInt8], _ secrets: [String]) -> [UInt8] {
        var secret = [Bool](repeating: false, count: text.count)
        for form in secrets.flatMap({ Array(SecretForms.all(of: $0)) }) where form.count <= text.count {
            for start in 0...(text.count - form.count) where text[start..<(start + form.count)].elementsEqual(form) {
                for index in start..<(start + form.count) { secret[index] = true }
            }
        }
        var out: [UInt8] = []
        for index in text.indices {
            if !secret[index] {
                out.append(text[index])
            } else if index == 0 || !secret[index - 1] {
                out += StreamMasker.mask.utf8
            }
        }
        return out
    }

    @Test("However the stream is cut, it is masked as the naive search masks it", arguments: 0..<300)
    func property(seed: Int) throws {
        var random = Random(state: UInt64(seed))
        let alphabet = Array("ab \n".utf8)
        func word(_ length: ClosedRange<Int>) -> [UInt8] {
            (0..<Int.random(in: length, using: &random)).map { _ in alphabet.randomElement(using: &random) ?? 0x61 }
        }
        let secrets = (0..<Int.random(in: 1...4, using: &random)).map { _ in String(decoding: word(4...9), as: UTF8.self) }
        var text = word(0...200)
        for secret in secrets {
            let form = SecretForms.all(of: secret).sorted { $0.lexicographicallyPrecedes($1) }.randomElement(using: &random) ?? []
            text.insert(contentsOf: form, at: Int.random(in: 0...text.count, using: &random))
        }
        var masker = StreamMasker(try SecretPatterns(secrets: secrets))
        var out: [UInt8] = []
        var rest = text[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(Int.random(in: 1...7, using: &random))
            out += masker.mask(chunk)
            rest = rest.dropFirst(chunk.count)
        }
        out += masker.finish()
        #expect(String(decoding: out, as: UTF8.self) == String(decoding: reference(text, secrets), as: UTF8.self), "seed \(seed)")
    }

    @Test(
        "A secret is found in the forms in which programs print it",
        arguments: [
            "s3cr3t/p+w d&=\"x\\", "hunter22", "päßwörter!", "12345678901234567890",
        ])
    func forms(secret: String) throws {
        let patterns = try SecretPatterns(secrets: [secret])
        let percent = secret.utf8.map { byte -> String in
            let scalar = Character(Unicode.Scalar(byte))
            if byte < 0x80, scalar.isLetter || scalar.isNumber || "-._~".contains(scalar) { return String(scalar) }
            return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        #expect(patterns.masking("password=\(secret);") == "password=******;")
        #expect(patterns.masking("url=https://u:\(percent)@host/") == "url=https://u:******@host/")
        #expect(
            patterns.masking("url=https://u:\(percent.lowercasedEscapes)@host/")
                == "url=https://u:******@host/")
        for (prefix, suffix) in ["", "u", "us", "usr"].flatMap({ prefix in ["", "}", "\"}", "@h."].map { (prefix, $0) } }) {
            let encoded = encode(Array((prefix + secret + suffix).utf8))
            let shown = patterns.masking("basic \(encoded)!")
            #expect(shown.contains("******"), "\(prefix) \(suffix): \(shown)")
            // At most two characters at each end are shared with neighbours, beside the prefix and suffix themselves and the padding.
            let rest = shown.replacing("******", with: "").dropFirst("basic ".count).dropLast().filter { $0 != "=" }
            #expect(rest.count <= ((prefix + suffix).utf8.count * 8 + 5) / 6 + 2, "\(prefix) \(suffix): \(shown)")
        }
    }

    private func encode(_ bytes: [UInt8]) -> String {
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
        var out = ""
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = Array(bytes[start..<min(start + 3, bytes.count)])
            let value = group.reduce(0) { $0 << 8 | Int($1) } << (8 * (3 - group.count))
            for place in 0..<4 { out.append(place <= group.count ? alphabet[value >> (18 - 6 * place) & 63] : "=") }
        }
        return out
    }

    @Test("A key of several lines is found whole, line by line, and as JSON prints it")
    func multiLine() throws {
        let key = "-----BEGIN KEY-----\nMIIEvQIBADANBgkq\nhkiG9w0BAQEFAASC\n-----END KEY-----\n"
        let patterns = try SecretPatterns(secrets: [key])
        #expect(patterns.masking("key: \(key)done") == "key: ******done")
        #expect(patterns.masking("1| MIIEvQIBADANBgkq\n2| hkiG9w0BAQEFAASC\n") == "1| ******\n2| ******\n")
        #expect(patterns.masking(#"{"k":"\#(key.replacing("\n", with: "\\n"))"}"#) == #"{"k":"******"}"#)
    }

    @Test("What cannot become a secret is given out at once, and what is held back is bounded")
    func holding() throws {
        let long = String((0..<20_000).map { Character(Unicode.Scalar(UInt8(97 + ($0 * $0 / 7) % 26))) })
        var masker = StreamMasker(try SecretPatterns(secrets: ["abcdef", long]))
        #expect(masker.mask("line without\n".utf8) == Array("line without\n".utf8))
        #expect(masker.mask("xabcd".utf8) == Array("x".utf8))
        #expect(masker.mask("ef".utf8) + masker.mask("g\n".utf8) == Array("******g\n".utf8))
        var given = 0
        for byte in long.utf8.dropLast() { given += masker.mask([byte]).count }
        let rest = masker.mask(Array(long.utf8.suffix(1)) + Array(".\n".utf8))
        #expect(given + rest.count == "******.\n".utf8.count)
        #expect(masker.finish().isEmpty)
    }

    @Test("Short values, none and too many")
    func bounds() throws {
        #expect(try SecretPatterns(secrets: ["", "a", "yes", "80", "true", "False", "null"]).isEmpty)
        #expect(SecretPatterns().masking("abc") == "abc")
        let many = (0..<400).map { index in String(repeating: "\(index)-abcdefghij/", count: 60) }
        #expect(throws: TooManySecrets()) { try SecretPatterns(secrets: many) }
    }
}

extension String {
    /// `%2F` -> `%2f`, and nothing else.
    fileprivate var lowercasedEscapes: String {
        var out = "", left = 0
        for character in self {
            out += left > 0 ? character.lowercased() : String(character)
            left = character == "%" ? 2 : max(0, left - 1)
        }
        return out
    }
}
