/// Why a cryptographic operation gave nothing. Values that took part are left out on purpose: they are secret, or an oracle.
package enum CryptographyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A key, nonce or parameter of the wrong size or form; the text names it, never its value.
    case invalidInput(String)
    /// The sealed bytes were not made with this key and this associated data, or were changed since.
    case notAuthentic
    /// libcrypto refused; the text is its own reason.
    case library(String)

    package var description: String {
        switch self {
        case .invalidInput(let what): "not usable: \(what)"
        case .notAuthentic: "the sealed bytes do not belong to this key and this place, or were changed"
        case .library(let reason): "libcrypto: \(reason)"
        }
    }
}
