import Cryptography
import PlatformModel

/// How a backup is sealed (docs/adr/0051): a head with a fresh X25519 key, then pieces under AES-256-GCM, each bound to the head, to its
/// place and to whether it is the last. So nothing can be changed, moved, left out or cut off, and no byte is used that was not checked.
enum BackupSeal {
    static let magic = Array("martlet backup 1\n".utf8)
    static let headByteCount = magic.count + 2 * X25519.byteCount
    static let pieceByteCount = 256 << 10
    /// Set in the length of the last piece.
    private static let lastMark: UInt32 = 1 << 31

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    fileprivate static func key(shared: SecretBytes, head: [UInt8]) throws -> SecretBytes {
        try HKDFSHA256.derive(from: shared, salt: head, info: "martlet backup 1", count: AESGCM.keyByteCount)
    }

    fileprivate static func binding(_ head: [UInt8], _ index: UInt64, isLast: Bool) -> [UInt8] {
        head + (0..<8).map { UInt8(truncatingIfNeeded: index >> (56 - 8 * $0)) } + [isLast ? 1 : 0]
    }

    fileprivate static func length(_ count: Int, isLast: Bool) -> [UInt8] {
        let value = UInt32(count) | (isLast ? lastMark : 0)
        return (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
    }

    fileprivate static func length(_ bytes: [UInt8]) -> (count: Int, isLast: Bool) {
        let value = bytes.reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        return (Int(value & ~lastMark), value & lastMark != 0)
    }

    /// Seals a stream to whoever has the private half of a key.
    struct Writer {
        private let write: ([UInt8]) throws -> Void
        private let head: [UInt8]
        private let key: SecretBytes
        private var held: [UInt8] = []
        private var index: UInt64 = 0

        init(recipient: [UInt8], write: @escaping ([UInt8]) throws -> Void) throws {
            let fresh = try X25519.makePrivateKey()
            head = BackupSeal.magic + (try X25519.publicKey(of: fresh)) + recipient
            key = try BackupSeal.key(shared: X25519.agree(fresh, with: recipient), head: head)
            self.write = write
            try write(head)
        }

        mutating func append(_ bytes: some Sequence<UInt8>) throws {
            held.append(contentsOf: bytes)
            while held.count > BackupSeal.pieceByteCount {
                try put(Array(held.prefix(BackupSeal.pieceByteCount)), isLast: false)
                held.removeFirst(BackupSeal.pieceByteCount)
            }
        }

        mutating func finish() throws {
            try put(held, isLast: true)
            held = []
        }

        private mutating func put(_ piece: [UInt8], isLast: Bool) throws {
            let sealed = try AESGCM.seal(
                SecretBytes(piece), key: key, associatedData: BackupSeal.binding(head, index, isLast: isLast))
            try write(BackupSeal.length(sealed.count, isLast: isLast) + sealed)
            index += 1
        }
    }

    /// Opens what a `Writer` sealed. A piece is given out only when the one after it was found to be good, too: whoever reads never has
    /// the whole of something that was cut off.
    struct Reader {
        private let read: (Int) throws -> [UInt8]
        private let head: [UInt8]
        private let key: SecretBytes
        private var index: UInt64 = 0
        private var ahead: [UInt8]?
        private var isAtEnd = false

        /// - Parameter read: The next so many bytes; fewer at the end.
        init(key own: SecretBytes, read: @escaping (Int) throws -> [UInt8]) throws {
            self.read = read
            head = try read(BackupSeal.headByteCount)
            guard head.count == BackupSeal.headByteCount, head.starts(with: BackupSeal.magic) else {
                throw Failure(description: "this is no backup of Martlet's")
            }
            let recipient = Array(head.suffix(X25519.byteCount))
            guard try X25519.publicKey(of: own) == recipient else {
                throw Failure(
                    description:
                        "it is sealed to another key, \(try BackupKey.id(of: recipient)), whose public half is \(Base64.encode(recipient)); "
                        + "give that key's private half, or shares of it"
                )
            }
            let fresh = Array(head.dropFirst(BackupSeal.magic.count).prefix(X25519.byteCount))
            key = try BackupSeal.key(shared: X25519.agree(own, with: fresh), head: head)
            ahead = try piece()
        }

        /// The next piece; nil at the end.
        mutating func next() throws -> [UInt8]? {
            guard let now = ahead else { return nil }
            ahead = isAtEnd ? nil : try piece()
            return now
        }

        private mutating func piece() throws -> [UInt8] {
            let length = try read(4)
            guard length.count == 4 else { throw Failure(description: "its end is missing: it was cut off") }
            let (count, isLast) = BackupSeal.length(length)
            guard count <= BackupSeal.pieceByteCount + AESGCM.nonceByteCount + AESGCM.tagByteCount else {
                throw Failure(description: "it was changed: a piece is too long")
            }
            let sealed = try read(count)
            guard sealed.count == count else { throw Failure(description: "its end is missing: it was cut off") }
            let opened: SecretBytes
            do {
                opened = try AESGCM.open(sealed, key: key, associatedData: BackupSeal.binding(head, index, isLast: isLast))
            } catch { throw Failure(description: "it was changed, or is damaged, in piece \(index + 1)") }
            index += 1
            if isLast {
                isAtEnd = true
                guard try read(1).isEmpty else { throw Failure(description: "something was added behind its end") }
            }
            return opened.copyBytes()
        }
    }
}
