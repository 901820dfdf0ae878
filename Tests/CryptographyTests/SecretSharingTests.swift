import PlatformModel
import Testing

@testable import Cryptography

@Suite struct SecretSharingTests {
    /// The same by carrying the long way, with a remainder: another way than the one under test.
    private static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var product = 0
        for bit in 0..<8 where right >> UInt8(bit) & 1 == 1 { product ^= Int(left) << bit }
        for bit in stride(from: 15, through: 8, by: -1) where product >> bit & 1 == 1 { product ^= 0x11B << (bit - 8) }
        return UInt8(product)
    }

    private static let all = Array(UInt8.min...UInt8.max)

    @Test func theFieldIsThatOfAES() {
        // FIPS 197, sections 4.2 and 4.2.1.
        #expect(GF256.product(0x57, 0x83) == 0xC1 && GF256.product(0x57, 0x13) == 0xFE)
        var wrong = 0
        for left in Self.all {
            for right in Self.all where GF256.product(left, right) != Self.product(left, right) { wrong += 1 }
            if left != 0, GF256.product(left, GF256.inverse(left)) != 1 { wrong += 1 }
        }
        #expect(wrong == 0 && GF256.inverse(0) == 0 && GF256.inverse(0x53) == 0xCA)
    }

    /// 2A + 05 x, and 2A + 05 x + 11 x²; by hand.
    @Test func knownShares() throws {
        let secret = SecretBytes([0x2A])
        func value(_ number: UInt8, _ random: [UInt8]) -> [UInt8] {
            SecretSharing.share(number, of: secret, random: SecretBytes(random)).bytes.copyBytes()
        }
        #expect((1...3).map { value($0, [5]) } == [[0x2F], [0x20], [0x25]])
        #expect(value(2, [5, 0x11]) == [0x64] && value(0, [5, 0x11]) == [0x2A])
        // Each byte has coefficients of its own.
        let two = SecretSharing.share(2, of: SecretBytes([0x2A, 0]), random: SecretBytes([5, 0, 0x11, 1])).bytes
        #expect(two.copyBytes() == [0x64, 4])
    }

    @Test(arguments: [(2, 2), (3, 2), (5, 3), (6, 6), (7, 4)])
    func everySetThatIsLargeEnoughGivesTheSecret(_ count: Int, _ threshold: Int) throws {
        let secret = try RandomBytes.makeSecret(32)
        let shares = try SecretSharing.split(secret, into: count, threshold: threshold)
        #expect(shares.map(\.number) == (1...UInt8(count)).map { $0 })
        for set in 0..<(1 << count) where set.nonzeroBitCount >= 2 {
            let chosen = shares.filter { set >> (Int($0.number) - 1) & 1 == 1 }
            let isEnough = chosen.count >= threshold
            #expect((try SecretSharing.combine(chosen) == secret) == isEnough, "\(chosen.map(\.number))")
            #expect((try SecretSharing.combine(chosen.reversed()) == secret) == isEnough)
        }
        #expect(try SecretSharing.split(secret, into: count, threshold: threshold)[0].bytes != shares[0].bytes)
    }

    /// Whatever the secret is, each value of one share less than enough comes up exactly once: it tells nothing.
    @Test func fewerTellNothing() {
        func values(_ number: UInt8, _ secret: UInt8, _ count: Int, _ random: [UInt8]) -> [UInt8] {
            let secret = SecretBytes([UInt8](repeating: secret, count: count))
            return SecretSharing.share(number, of: secret, random: SecretBytes(random)).bytes.copyBytes()
        }
        for number in [1, 2, 254, 255] as [UInt8] {
            for secret in Self.all { #expect(Set(values(number, secret, 256, Self.all)).count == 256) }
        }
        // Two of three: every pair of coefficients.
        let pairs = 1 << 16, random = (0..<pairs).map { UInt8($0 >> 8) } + (0..<pairs).map { UInt8($0 & 0xFF) }
        for secret in [0, 1, 0x80, 0xFF] as [UInt8] {
            let seen = zip(values(3, secret, pairs, random), values(200, secret, pairs, random)).map { Int($0) << 8 | Int($1) }
            #expect(Set(seen).count == pairs)
        }
    }

    @Test func asManyAsThereAreNumbers() throws {
        let secret = try RandomBytes.makeSecret(16), shares = try SecretSharing.split(secret, into: 255, threshold: 200)
        #expect(try SecretSharing.combine(Array(shares.suffix(200))) == secret)
        #expect(try SecretSharing.combine(Array(shares.suffix(199))) != secret)
    }

    @Test func whatIsNoSplitIsRefused() throws {
        let secret = SecretBytes([1, 2])
        for (count, threshold) in [(0, 0), (1, 1), (2, 1), (2, 3), (256, 2), (-1, -1)] {
            #expect(throws: CryptographyError.self) { try SecretSharing.split(secret, into: count, threshold: threshold) }
        }
        let shares = try SecretSharing.split(secret, into: 3, threshold: 2)
        func share(_ number: UInt8, _ bytes: [UInt8]) -> SecretSharing.Share { .init(number: number, bytes: SecretBytes(bytes)) }
        for wrong in [[], [shares[0]], [shares[0], shares[0]], [shares[0], share(2, [1])], [shares[0], share(0, [1, 2])]] {
            #expect(throws: CryptographyError.self) { try SecretSharing.combine(wrong) }
        }
    }
}
