/// Why a stream cannot be masked.
package enum LogRuleError: Error, Sendable, Hashable, CustomStringConvertible {
    case tooManySecrets

    package var description: String {
        "the secrets of this stream are too many or too large to mask (limit: \(SecretPatterns.maximumStates) bytes in all their forms)"
    }
}
