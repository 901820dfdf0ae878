import PlatformModel

// Sprig: base64, base32 and checksums.
extension FunctionTable {
    mutating func addEncodings() {
        add("b64enc", [.string]) { .string(RadixText.base64.encode($0.string(0))) }
        add("b64dec", [.string]) { .string(Self.decoded($0.string(0), .base64)) }
        add("b32enc", [.string]) { .string(RadixText.base32.encode($0.string(0))) }
        add("b32dec", [.string]) { .string(Self.decoded($0.string(0), .base32)) }
        add("sha1sum", [.string]) { .string(Self.hex(SHA1.digest($0.string(0)))) }
        add("sha256sum", [.string]) { .string(Self.hex(PlatformModel.SHA256.digest($0.string(0)))) }
        add("sha512sum", [.string]) { .string(Self.hex(SHA512.digest($0.string(0)))) }
        add("adler32sum", [.string]) { call in
            var (low, high): (UInt32, UInt32) = (1, 0)
            for byte in call.string(0) {
                low = (low + UInt32(byte)) % 65521
                high = (high + low) % 65521
            }
            return .string(String(high << 16 | low))
        }
    }

    static func hex(_ bytes: [UInt8]) -> GoString {
        Array(bytes.map { GoQuote.hex(UInt32($0), width: 2) }.joined().utf8)
    }

    /// Sprig answers the error's text instead of failing.
    private static func decoded(_ text: GoString, _ encoding: RadixText) -> GoString {
        switch encoding.decode(text) {
        case .success(let bytes): bytes
        case .failure(let error): Array("illegal \(encoding.name) data at input byte \(error.position)".utf8)
        }
    }
}

/// Base64 and base32 with padding (RFC 4648).
struct RadixText {
    let name: String
    private let alphabet: [UInt8]
    private let bits: Int
    /// Letters in one group.
    private let group: Int

    struct Failure: Error {
        let position: Int
    }

    static let base64 = RadixText(
        name: "base64", alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bits: 6, group: 4)
    static let base32 = RadixText(name: "base32", alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, group: 8)

    private init(name: String, alphabet: String, bits: Int, group: Int) {
        self.name = name
        self.alphabet = Array(alphabet.utf8)
        self.bits = bits
        self.group = group
    }

    func encode(_ bytes: GoString) -> GoString {
        var out = GoString(), buffer = 0, held = 0
        for byte in bytes {
            buffer = (buffer << 8 | Int(byte)) & 0xFFFF
            held += 8
            while held >= bits {
                held -= bits
                out.append(alphabet[buffer >> held & (1 << bits - 1)])
            }
        }
        if held > 0 { out.append(alphabet[buffer << (bits - held) & (1 << bits - 1)]) }
        while out.count % group != 0 { out.append(UInt8(ascii: "=")) }
        return out
    }

    /// Line breaks are skipped; anything else that is not in the alphabet is an error.
    func decode(_ text: GoString) -> Result<GoString, Failure> {
        var out = GoString(), buffer = 0, held = 0, letters = 0, padding = 0
        for (position, byte) in text.enumerated() where byte != UInt8(ascii: "\n") && byte != UInt8(ascii: "\r") {
            if byte == UInt8(ascii: "=") {
                padding += 1
                if letters % group < 2 || (letters + padding - 1) % group == 0 { return .failure(Failure(position: position)) }
                continue
            }
            guard padding == 0, let value = alphabet.firstIndex(of: byte) else { return .failure(Failure(position: position)) }
            letters += 1
            buffer = (buffer << bits | value) & 0xFFFF
            held += bits
            if held >= 8 {
                held -= 8
                out.append(UInt8(truncatingIfNeeded: buffer >> held))
            }
        }
        if (letters + padding) % group != 0 {
            return .failure(Failure(position: padding > 0 ? text.count : text.count - letters % group))
        }
        return .success(out)
    }
}
