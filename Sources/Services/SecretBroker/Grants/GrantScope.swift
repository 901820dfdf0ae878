import PlatformModel

/// What a grant that is alive allows.
struct GrantScope: Sendable, Hashable {
    static let builtInStore = "built-in"

    var reads: Set<SecretReference>
    var writePrefix: SecretPath?
    var readPrefix: SecretPath?

    /// A named reference, in the version that it names or in any when it names none; and everything under a prefix: who
    /// wrote it may read it back.
    func allowsReading(_ reference: SecretReference, at path: SecretPath) -> Bool {
        if allowsWriting(path) || readPrefix.map(path.isWithin) ?? false { return true }
        if reads.contains(reference) { return true }
        return reads.contains(SecretReference(store: reference.store, ref: reference.ref))
    }

    func allowsWriting(_ path: SecretPath) -> Bool { writePrefix.map(path.isWithin) ?? false }
}
