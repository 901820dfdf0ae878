import PlatformModel

/// The Master Password algorithm, version 3 (masterpassword.app): a site's password out of one that a person remembers.
struct DerivedPassword {
    let counter: UInt32
    let user: GoString
    let site: GoString

    /// The forms of each kind; a letter stands for a set of characters.
    private static let forms: [String: [String]] = [
        "maximum": ["anoxxxxxxxxxxxxxxxxx", "axxxxxxxxxxxxxxxxxno"],
        "long": [
            "CvcvnoCvcvCvcv", "CvcvCvcvnoCvcv", "CvcvCvcvCvcvno", "CvccnoCvcvCvcv", "CvccCvcvnoCvcv", "CvccCvcvCvcvno",
            "CvcvnoCvccCvcv", "CvcvCvccnoCvcv", "CvcvCvccCvcvno", "CvcvnoCvcvCvcc", "CvcvCvcvnoCvcc", "CvcvCvcvCvccno",
            "CvccnoCvccCvcv", "CvccCvccnoCvcv", "CvccCvccCvcvno", "CvcvnoCvccCvcc", "CvcvCvccnoCvcc", "CvcvCvccCvccno",
            "CvccnoCvcvCvcc", "CvccCvcvnoCvcc", "CvccCvcvCvccno",
        ],
        "medium": ["CvcnoCvc", "CvcCvcno"], "short": ["Cvcn"], "basic": ["aaanaaan", "aannaaan", "aaannaaa"], "pin": ["nnnn"],
    ]

    private static let characters: [Character: [UInt8]] = [
        "V": "AEIOU", "C": "BCDFGHJKLMNPQRSTVWXYZ", "v": "aeiou", "c": "bcdfghjklmnpqrstvwxyz",
        "A": "AEIOUBCDFGHJKLMNPQRSTVWXYZ", "a": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz", "n": "0123456789",
        "o": "@&%?,=[]_:-+*$#!'^~;()/.",
        "x": "AEIOUaeiouBCDFGHJKLMNPQRSTVWXYZbcdfghjklmnpqrstvwxyz0123456789!@#$%^&*()",
    ].mapValues { Array($0.utf8) }

    /// - Parameter scrypt: password and salt to 64 bytes.
    func text(
        _ kind: String, password: GoString, scrypt: (GoString, GoString) throws(FunctionFailure) -> [UInt8]
    ) throws(FunctionFailure) -> String {
        guard let forms = Self.forms[kind] else { return "cannot find password template \(kind)" }
        let scope = Array("com.lyndir.masterpassword".utf8)
        func big(_ number: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) } }
        let key = try scrypt(password, scope + big(UInt32(truncatingIfNeeded: user.count)) + user)
        let seed = Self.authenticate(scope + big(UInt32(truncatingIfNeeded: site.count)) + site + big(counter), key: key)
        let form = forms[Int(seed[0]) % forms.count]
        let letters = form.enumerated().map { index, element in
            let set = Self.characters[element] ?? []
            return set[Int(seed[index + 1]) % set.count]
        }
        return GoText.text(letters)
    }

    /// HMAC-SHA256 (RFC 2104) with a key of one block.
    private static func authenticate(_ message: GoString, key: [UInt8]) -> [UInt8] {
        let key = key + [UInt8](repeating: 0, count: 64 - key.count)
        let inner = SHA256.digest(key.map { $0 ^ 0x36 } + message)
        return SHA256.digest(key.map { $0 ^ 0x5C } + inner)
    }
}
