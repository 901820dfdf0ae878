import PlatformModel
import ServiceAPI

/// What a grant that is alive allows.
struct GrantScope: Sendable, Hashable {
    static let builtInStore = "built-in"
    /// What no outside store may be called: ours, and what the reference calls its own.
    static let builtInNames: Set = [builtInStore, "humanitec"]

    var reads: Set<SecretReference>
    var writePrefix: SecretPath?
    var readPrefix: SecretPath?
    /// Whose deployment it is for; without it nothing of an outside store is given.
    var place: SecretPlace?
    /// Of `reads`, those that people of the application wrote.
    var valueReads: Set<SecretReference> = []

    /// Where a store's rule for paths is asked about: none for what the definitions' writers wrote.
    func placeOfRule(for reference: SecretReference) -> SecretPlace? {
        let isTheirs =
            valueReads.contains(reference) || valueReads.contains(SecretReference(store: reference.store, ref: reference.ref))
        return isTheirs ? place : nil
    }

    /// What a grant says of an outside store: named references alone, in the version that they name.
    func allowsReading(outside reference: SecretReference) -> Bool {
        reads.contains(reference) || reads.contains(SecretReference(store: reference.store, ref: reference.ref))
    }

    /// A named reference, in the version that it names or in any when it names none; and everything under a prefix: who
    /// wrote it may read it back.
    func allowsReading(_ reference: SecretReference, at path: SecretPath) -> Bool {
        if allowsWriting(path) || readPrefix.map(path.isWithin) ?? false { return true }
        if reads.contains(reference) { return true }
        return reads.contains(SecretReference(store: reference.store, ref: reference.ref))
    }

    func allowsWriting(_ path: SecretPath) -> Bool { writePrefix.map(path.isWithin) ?? false }
}
