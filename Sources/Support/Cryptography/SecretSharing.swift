/// A secret in shares, of which so many give it and fewer tell nothing but its length (Shamir, 1979). Each byte is the value at 0 of a
/// polynomial over GF(2^8) with random coefficients; the share with the number x holds the values at x.
package enum SecretSharing {
    package struct Share: Sendable {
        /// From 1. No secret.
        package var number: UInt8
        package var bytes: SecretBytes

        package init(number: UInt8, bytes: SecretBytes) {
            self.number = number
            self.bytes = bytes
        }
    }

    /// Each number is a place of the field, and 0 is the secret's.
    package static let countLimit = 255

    /// - Parameters:
    ///   - count: How many shares, numbered from 1.
    ///   - threshold: How many of them give the secret; at least 2, since one would be the secret itself.
    package static func split(
        _ secret: SecretBytes, into count: Int, threshold: Int
    ) throws(CryptographyError) -> [Share] {
        guard (2...countLimit).contains(count), (2...count).contains(threshold) else {
            throw .invalidInput(
                "\(count) shares of which \(threshold) are enough: from 2 to \(countLimit), at least 2 of them enough")
        }
        let random = try RandomBytes.makeSecret((threshold - 1) * secret.count)
        return (1...count).map { share(UInt8($0), of: secret, random: random) }
    }

    /// What so many shares of one secret give. That they belong together has to be known from elsewhere: any shares give something.
    package static func combine(_ shares: [Share]) throws(CryptographyError) -> SecretBytes {
        let numbers = shares.map(\.number), size = shares.first?.bytes.count ?? 0
        guard shares.count >= 2, Set(numbers).count == shares.count, !numbers.contains(0),
            shares.allSatisfy({ $0.bytes.count == size })
        else { throw .invalidInput("shares: at least 2, of different numbers from 1, of the same length") }
        return SecretBytes(count: size) { secret in
            for share in shares {
                let weight = weight(of: share.number, among: numbers)
                share.bytes.withUnsafeBytes { bytes in
                    for index in 0..<size { secret[index] ^= GF256.product(weight, bytes[index]) }
                }
            }
        }
    }

    /// - Parameter random: The coefficients of the first power for every byte, then those of the second, ...
    static func share(_ number: UInt8, of secret: SecretBytes, random: SecretBytes) -> Share {
        let size = secret.count
        let bytes = SecretBytes(count: size) { values in
            random.withUnsafeBytes { random in
                secret.withUnsafeBytes { secret in
                    for index in 0..<size {
                        var value: UInt8 = 0
                        for power in stride(from: size > 0 ? random.count / size : 0, through: 1, by: -1) {
                            value = GF256.product(value ^ random[(power - 1) * size + index], number)
                        }
                        values[index] = value ^ secret[index]
                    }
                }
            }
        }
        return Share(number: number, bytes: bytes)
    }

    /// Lagrange's, at 0: the product of x / (x - own) over all other numbers.
    private static func weight(of own: UInt8, among numbers: [UInt8]) -> UInt8 {
        var weight: UInt8 = 1
        for other in numbers where other != own {
            weight = GF256.product(weight, GF256.product(other, GF256.inverse(other ^ own)))
        }
        return weight
    }
}

/// The field of 256 elements, by the polynomial of AES (FIPS 197). Without tables and branches: what takes part is in no address and no time.
enum GF256 {
    static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        var result: UInt8 = 0, shifted = left
        for bit in 0..<8 as Range<UInt8> {
            result ^= shifted & (0 &- (right >> bit & 1))
            shifted = shifted << 1 ^ (0x1B & (0 &- (shifted >> 7)))
        }
        return result
    }

    /// Of 0 it is 0. To the power of 254, since each but 0 to that of 255 is 1.
    static func inverse(_ value: UInt8) -> UInt8 {
        var result: UInt8 = 1, square = value
        for _ in 0..<7 {
            square = product(square, square)
            result = product(result, square)
        }
        return result
    }
}
