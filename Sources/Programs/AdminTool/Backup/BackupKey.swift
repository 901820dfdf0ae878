import Cryptography
import PlatformModel
import ServiceRuntime

/// The two halves of a backup's key, X25519 as OpenSSL writes them (RFC 8410): the public one stays on the host and seals, the private one
/// is kept elsewhere and opens.
enum BackupKey {
    private static let publicLabel = "PUBLIC KEY", privateLabel = "PRIVATE KEY"
    private static let publicHead: [UInt8] = [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x03, 0x21, 0x00]
    private static let privateHead: [UInt8] = [
        0x30, 0x2E, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x6E, 0x04, 0x22, 0x04, 0x20,
    ]

    static let idByteCount = 8

    /// By which people tell keys apart: the beginning of the public half's digest.
    static func id(of publicKey: [UInt8]) throws -> String {
        Hexadecimal.encode(try Digest.sha256(publicKey).prefix(idByteCount))
    }

    static func text(publicKey: [UInt8]) -> String { pem(publicLabel, publicHead + publicKey) }

    static func text(privateKey: SecretBytes) -> SecretBytes {
        var bytes = privateHead + privateKey.copyBytes()
        var text = Array(pem(privateLabel, bytes).utf8)
        bytes.wipe()
        return SecretBytes(wiping: &text)
    }

    static func publicKey(_ text: String) -> [UInt8]? { read(text, publicLabel, publicHead) }

    static func privateKey(_ text: String) -> SecretBytes? {
        guard var bytes = read(text, privateLabel, privateHead) else { return nil }
        return SecretBytes(wiping: &bytes)
    }

    /// The key that new backups are sealed to.
    static func readPublic(_ path: String) throws -> [UInt8] {
        guard HostFile.exists(path) else {
            throw ErrorBody(
                error: "ADM-030",
                message:
                    "there is no key for backups at \(path); make one with 'martlet-admin backup-key FILE', and keep FILE elsewhere"
            )
        }
        guard let key = publicKey(try HostFile.text(path)) else {
            throw ErrorBody(error: "ADM-030", message: "\(path) is no X25519 public key in PEM")
        }
        return key
    }

    static func readPrivate(_ path: String) throws -> SecretBytes {
        guard let text = try SecretFile.read(path).copyText(), let key = privateKey(text) else {
            throw ErrorBody(
                error: "ADM-030", message: "\(path) is no X25519 private key in PEM, as 'martlet-admin backup-key' makes it")
        }
        return key
    }

    private static func pem(_ label: String, _ bytes: [UInt8]) -> String {
        "-----BEGIN \(label)-----\n\(Base64.encode(bytes))\n-----END \(label)-----\n"
    }

    private static func read(_ text: String, _ label: String, _ head: [UInt8]) -> [UInt8]? {
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingSuffixSpaces }
        guard let begin = lines.firstIndex(of: "-----BEGIN \(label)-----"),
            let end = lines.firstIndex(of: "-----END \(label)-----"),
            begin < end, let bytes = Base64.decode(lines[(begin + 1)..<end].joined()), bytes.starts(with: head),
            bytes.count == head.count + X25519.byteCount
        else { return nil }
        return Array(bytes.dropFirst(head.count))
    }
}

extension Substring {
    fileprivate var trimmingSuffixSpaces: String {
        var text = self
        while text.last == " " { text.removeLast() }
        return String(text)
    }
}
