import CCrypto

/// The numbers of an RSA key (RFC 8017, section 3), found from given bytes: libcrypto's own search takes its bytes from nobody.
final class RSANumbers {
    /// n, e, d, p, q, d mod p-1, d mod q-1, q^-1 mod p.
    private let numbers: [OpaquePointer]

    private static let names: [StaticString] = [
        "n", "e", "d", "rsa-factor1", "rsa-factor2", "rsa-exponent1", "rsa-exponent2", "rsa-coefficient1",
    ]
    private static let exponent: UInt = 65537

    init(bits: Int, randomBytes: (Int) -> [UInt8]) throws(CryptographyError) {
        let context = try check(BN_CTX_new(), "BN_CTX_new")
        defer { BN_CTX_free(context) }
        var numbers: [OpaquePointer] = []
        func make() throws(CryptographyError) -> OpaquePointer {
            let number = try check(BN_secure_new(), "BN_secure_new")
            numbers.append(number)
            return number
        }
        do throws(CryptographyError) {
            let n = try make(), e = try make(), d = try make(), p = try make(), q = try make()
            let dp = try make(), dq = try make(), inverse = try make(), total = try make(), less = try make()
            try check(BN_set_word(e, Self.exponent), "BN_set_word")
            try Self.findPrime(p, bits: bits / 2, context, randomBytes: randomBytes)
            repeat { try Self.findPrime(q, bits: bits / 2, context, randomBytes: randomBytes) } while BN_cmp(p, q) == 0
            if BN_cmp(p, q) < 0 { BN_swap(p, q) }
            try check(BN_mul(n, p, q, context), "BN_mul")
            // (p-1)(q-1) = n - p - q + 1
            try check(BN_sub(total, n, p), "BN_sub")
            try check(BN_sub(total, total, q), "BN_sub")
            try check(BN_add_word(total, 1), "BN_add_word")
            _ = try check(BN_mod_inverse(d, e, total, context), "BN_mod_inverse")
            for (prime, result) in [(p, dp), (q, dq)] {
                try check(BN_sub(less, prime, BN_value_one()), "BN_sub")
                try check(BN_div(nil, result, d, less, context), "BN_div")
            }
            _ = try check(BN_mod_inverse(inverse, q, p, context), "BN_mod_inverse")
        } catch {
            for number in numbers { BN_clear_free(number) }
            throw error
        }
        self.numbers = numbers
    }

    deinit { for number in numbers { BN_clear_free(number) } }

    func withParameters<Result>(
        _ body: (UnsafeMutablePointer<OSSL_PARAM>) throws(CryptographyError) -> Result
    ) throws(CryptographyError) -> Result {
        let builder = try check(OSSL_PARAM_BLD_new(), "OSSL_PARAM_BLD_new")
        defer { OSSL_PARAM_BLD_free(builder) }
        for (name, number) in zip(Self.names, numbers) {
            try check(OSSL_PARAM_BLD_push_BN(builder, lasting(name), number), "OSSL_PARAM_BLD_push_BN")
        }
        let parameters = try check(OSSL_PARAM_BLD_to_param(builder), "OSSL_PARAM_BLD_to_param")
        defer { OSSL_PARAM_free(parameters) }
        return try body(parameters)
    }

    private static let smallPrimes: [UInt] = {
        var isComposite = [Bool](repeating: false, count: 20_000), primes: [UInt] = []
        for number in stride(from: 3, to: isComposite.count, by: 2) where !isComposite[number] {
            primes.append(UInt(number))
            for multiple in stride(from: number * number, to: isComposite.count, by: number) { isComposite[multiple] = true }
        }
        return primes
    }()

    /// The first prime at or after a number of these bytes whose two highest bits are set, so that a product has all its bits.
    private static func findPrime(
        _ prime: OpaquePointer, bits: Int, _ context: OpaquePointer, randomBytes: (Int) -> [UInt8]
    ) throws(CryptographyError) {
        for _ in 0..<64 {
            var bytes = randomBytes(bits / 8)
            guard bytes.count == bits / 8 else { throw .invalidInput("the source of random bytes ended") }
            bytes[0] |= 0xC0
            bytes[bytes.count - 1] |= 1
            _ = try check(BN_bin2bn(bytes, Int32(bytes.count), prime), "BN_bin2bn")
            bytes.wipe()
            let rests = smallPrimes.map { BN_mod_word(prime, $0) }
            var step: UInt = 0, added: UInt = 0
            while step < UInt(bits) * 40 {
                defer { step += 2 }
                if zip(rests, smallPrimes).contains(where: { ($0 + step) % $1 == 0 }) { continue }
                try check(BN_add_word(prime, step - added), "BN_add_word")
                added = step
                // p-1 must share no factor with the exponent, which is prime.
                if BN_mod_word(prime, exponent) == 1 { continue }
                switch BN_check_prime(prime, context, nil) {
                case 1: if BN_num_bits(prime) == Int32(bits) { return }
                case 0: break
                default: throw libraryFailure("BN_check_prime")
                }
            }
        }
        throw .invalidInput("the source of random bytes gives no prime")
    }
}
