import Cryptography
import TestSupport
import Testing

@testable import AdminTool

@Suite struct BackupSealTests {
    private static let piece = BackupSeal.pieceByteCount

    private static func seal(_ bytes: [UInt8], to recipient: [UInt8], parts: Int = 1) throws -> [UInt8] {
        var sealed: [UInt8] = []
        var writer = try BackupSeal.Writer(recipient: recipient) { sealed += $0 }
        let size = max(1, bytes.count / parts)
        for begin in stride(from: 0, to: bytes.count, by: size) {
            try writer.append(bytes[begin..<min(begin + size, bytes.count)])
        }
        try writer.finish()
        return sealed
    }

    private static func open(_ sealed: [UInt8], _ key: SecretBytes) throws -> [UInt8] {
        var rest = sealed[...], opened: [UInt8] = []
        var reader = try BackupSeal.Reader(key: key) { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        while let piece = try reader.next() { opened += piece }
        return opened
    }

    @Test(arguments: [0, 1, 100, piece - 1, piece, piece + 1, 3 * piece, 3 * piece + 7]) func whatGoesInComesOut(_ count: Int)
        throws
    {
        let key = try X25519.makePrivateKey(), recipient = try X25519.publicKey(of: key)
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 7) }
        for parts in [1, 3, 1000] where parts <= max(1, count) {
            let sealed = try Self.seal(bytes, to: recipient, parts: parts)
            #expect(try Self.open(sealed, key) == bytes)
            // Each file has a key of its own.
            #expect(try Self.seal(bytes, to: recipient) != sealed)
        }
    }

    @Test func whatWasTouchedDoesNotOpen() throws {
        let key = try X25519.makePrivateKey(), recipient = try X25519.publicKey(of: key)
        let bytes = [UInt8](repeating: 7, count: 3 * Self.piece + 10), sealed = try Self.seal(bytes, to: recipient)
        let sealedPiece = 4 + Self.piece + AESGCM.nonceByteCount + AESGCM.tagByteCount, head = BackupSeal.headByteCount
        func reason(_ bytes: [UInt8], _ key: SecretBytes) -> String? {
            do {
                _ = try Self.open(bytes, key)
                return nil
            } catch { return "\(error)" }
        }
        // Every place of the head, of the lengths, and of the pieces' ends.
        for index in Array(0..<(head + 40)) + [
            head + sealedPiece - 1, head + sealedPiece, head + sealedPiece + 3, sealed.count - 1,
        ] {
            var changed = sealed
            changed[index] ^= 1
            #expect(reason(changed, key) != nil, "byte \(index)")
        }
        // Cut off anywhere: also where a piece ends.
        for count in [
            0, 10, head, head + 4, head + 100, head + sealedPiece, head + 2 * sealedPiece, head + 3 * sealedPiece,
            sealed.count - 1,
        ] {
            #expect(reason(Array(sealed.prefix(count)), key) != nil, "\(count) bytes")
        }
        #expect(reason(Array(sealed.prefix(head + 2 * sealedPiece)), key) == "its end is missing: it was cut off")
        #expect(reason(sealed + [0], key) == "something was added behind its end")
        // Two pieces that changed places, and one of another file.
        var moved = sealed
        moved.replaceSubrange(head..<(head + sealedPiece), with: sealed[(head + sealedPiece)..<(head + 2 * sealedPiece)])
        #expect(reason(moved, key) == "it was changed, or is damaged, in piece 1")
        let other = try Self.seal(bytes, to: recipient)
        #expect(reason(Array(sealed.prefix(head + sealedPiece)) + other.dropFirst(head + sealedPiece), key) != nil)
        #expect(reason(sealed, try X25519.makePrivateKey())?.hasPrefix("it is sealed to another key") == true)
        #expect(reason(Array("PGDMP".utf8) + sealed, key) == "this is no backup of Martlet's")
    }

    /// Until the next piece was seen nobody gets one: what was cut off is never whole.
    @Test func theReaderIsOnePieceBehind() throws {
        let key = try X25519.makePrivateKey()
        let sealed = try Self.seal([UInt8](repeating: 7, count: 2 * Self.piece + 1), to: X25519.publicKey(of: key))
        var rest = sealed.dropLast(1)
        var reader = try BackupSeal.Reader(key: key) { count in
            defer { rest = rest.dropFirst(count) }
            return Array(rest.prefix(count))
        }
        #expect(try reader.next()?.count == Self.piece)
        #expect(throws: BackupSeal.Failure.self) { try reader.next() }
    }

    @Test func keysAreOpenSSLs() async throws {
        let folder = try TemporaryFolder("mbk")
        let made = try await CommandRun(["openssl", "genpkey", "-algorithm", "X25519", "-out", folder.file("key")])
        #expect(made.code == 0, "\(made)")
        let key = try #require(BackupKey.privateKey(folder.read("key") ?? ""))
        let text = try await CommandRun(["openssl", "pkey", "-in", folder.file("key"), "-pubout"])
        #expect(BackupKey.publicKey(text.output) == (try X25519.publicKey(of: key)))
        #expect(BackupKey.text(publicKey: try X25519.publicKey(of: key)) == text.output)
        #expect(BackupKey.text(privateKey: key).copyText() == folder.read("key"))
        for wrong in ["", "x", text.output, "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
            #expect(BackupKey.privateKey(wrong) == nil)
        }
    }
}
