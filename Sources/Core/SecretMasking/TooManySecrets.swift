/// Why texts cannot be masked: nothing of them may then be shown.
package struct TooManySecrets: Error, Sendable, Hashable, CustomStringConvertible {
    package var description: String {
        "the secrets are too many or too large to mask (limit: \(SecretPatterns.maximumStates) bytes in all their forms)"
    }
}
