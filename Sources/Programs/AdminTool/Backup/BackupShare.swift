import Cryptography
import PlatformModel

/// One of the shares of a backup key, as a line of text that somebody can keep, read out and type:
///
///     martlet-share-1:KEY:THRESHOLD:NUMBER:VALUE:CHECK
///
/// The key by its id, how many shares are enough, the number of this one, its value and check digits in hexadecimal.
struct BackupShare {
    let keyID: String
    let threshold: Int
    let share: SecretSharing.Share

    private static let version = "martlet-share-1"
    private static let checkByteCount = 4

    struct Flaw: Error, Hashable {
        let description: String
    }

    /// All shares of a key.
    static func split(_ key: SecretBytes, into count: Int, threshold: Int) throws -> [BackupShare] {
        let keyID = try BackupKey.id(of: try X25519.publicKey(of: key))
        return try SecretSharing.split(key, into: count, threshold: threshold).map {
            BackupShare(keyID: keyID, threshold: threshold, share: $0)
        }
    }

    private init(keyID: String, threshold: Int, share: SecretSharing.Share) {
        self.keyID = keyID
        self.threshold = threshold
        self.share = share
    }

    /// The line, with its break.
    func line() throws -> SecretBytes {
        var line = Array("\(Self.version):\(keyID):\(threshold):\(share.number):".utf8)
        line.reserveCapacity(256)
        share.bytes.withUnsafeBytes { for byte in $0 { line += [Self.digit(byte >> 4), Self.digit(byte & 15)] } }
        line += Array(":\(Hexadecimal.encode(try Self.check(line)))\n".utf8)
        return SecretBytes(wiping: &line)
    }

    /// Spaces, breaks and the case of letters do not matter.
    /// - Throws: `Flaw`, without anything of the line.
    init(line: SecretBytes) throws {
        var text = line.copyBytes()
        defer { text.wipe() }
        text.removeAll { " \t\r\n".utf8.contains($0) }
        for index in text.indices where (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(text[index]) { text[index] |= 0x20 }
        let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        func word(_ index: Int) -> String { String(decoding: parts[index], as: UTF8.self) }
        guard parts[0].starts(with: "martlet-share-".utf8) else { throw Flaw(description: "is no share of a backup key") }
        guard word(0) == Self.version else {
            throw Flaw(
                description: "is a share of another version than \(Self.version); take the program that made it, or a newer one")
        }
        let mistyped = Flaw(
            description: "was mistyped or is cut off: its check digits do not fit. Compare it with what was written down")
        guard parts.count == 6, let end = text.lastIndex(of: UInt8(ascii: ":")),
            Hexadecimal.decode(word(5)) == Array(try Self.check(Array(text[..<end])))
        else { throw mistyped }
        guard let threshold = Int(word(2)), threshold >= 2, let number = UInt8(word(3)), number > 0,
            parts[4].count == 2 * X25519.byteCount, Hexadecimal.decode(word(1))?.count == BackupKey.idByteCount
        else { throw mistyped }
        var value: [UInt8] = []
        value.reserveCapacity(X25519.byteCount)
        defer { value.wipe() }
        for pair in stride(from: parts[4].startIndex, to: parts[4].endIndex, by: 2) {
            guard let high = Self.value(parts[4][pair]), let low = Self.value(parts[4][pair + 1]) else { throw mistyped }
            value.append(high << 4 | low)
        }
        (keyID, self.threshold) = (word(1), threshold)
        share = SecretSharing.Share(number: number, bytes: SecretBytes(value))
    }

    private static func check(_ text: [UInt8]) throws -> ArraySlice<UInt8> {
        var text = text
        defer { text.wipe() }
        return try Digest.sha256(text).prefix(checkByteCount)
    }

    // Not by way of a String, which nobody wipes.
    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10 }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}

/// Shares as they come in, until they are enough.
struct BackupShares {
    private var shares: [(source: String, share: BackupShare)] = []

    /// How many more are needed; nil as long as there is none that would say it.
    var missing: Int? { shares.first.map { max(0, $0.share.threshold - shares.count) } }
    var keyID: String? { shares.first?.share.keyID }

    /// - Parameter source: How people know it: a file and its line, the place in the order.
    /// - Throws: `ErrorBody`: why it is not taken.
    mutating func add(_ line: SecretBytes, from source: String) throws {
        let share: BackupShare
        do { share = try BackupShare(line: line) } catch let flaw as BackupShare.Flaw {
            throw ErrorBody(error: "ADM-037", message: "\(source) \(flaw.description)")
        }
        if let first = shares.first {
            guard share.keyID == first.share.keyID else {
                throw ErrorBody(
                    error: "ADM-038",
                    message: "\(source) is a share of the key \(share.keyID), \(first.source) of \(first.share.keyID)")
            }
            guard share.threshold == first.share.threshold else {
                throw ErrorBody(
                    error: "ADM-038",
                    message: "\(source) is of a split of which \(share.threshold) shares are enough, \(first.source) of one of "
                        + "\(first.share.threshold): shares of two splits do not go together")
            }
        }
        if let same = shares.first(where: { $0.share.share.number == share.share.number }) {
            throw ErrorBody(
                error: "ADM-038",
                message: same.share.share.bytes == share.share.bytes
                    ? "\(source) is the share \(share.share.number) again, which \(same.source) is already"
                    : "\(source) and \(same.source) are both the share \(share.share.number), and differ: they are of two splits")
        }
        shares.append((source, share))
    }

    /// The key, when there are enough.
    func key() throws -> SecretBytes {
        guard let first = shares.first?.share, shares.count >= first.threshold else {
            throw ErrorBody(
                error: "ADM-039",
                message: shares.first.map {
                    "\($0.share.threshold) shares of the key \($0.share.keyID) are needed, and \(shares.count) "
                        + (shares.count == 1 ? "is there" : "are there")
                } ?? "no share is there")
        }
        let key = try SecretSharing.combine(shares.map(\.share.share))
        guard try BackupKey.id(of: try X25519.publicKey(of: key)) == first.keyID else {
            throw ErrorBody(
                error: "ADM-038",
                message:
                    "these shares (\(shares.map(\.source).joined(separator: ", "))) do not give the key \(first.keyID): they are of two "
                    + "splits of it, or one was made up. Try others")
        }
        return key
    }
}
