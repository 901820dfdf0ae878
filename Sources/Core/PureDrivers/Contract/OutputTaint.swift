import PlatformModel
import SecretMasking

/// Secrets that a driver was given or made, and returned where everybody may look (an `echo` of a password, a URL made of one): such
/// outputs are secret outputs, whatever the definition calls them. The runner keeps outputs by this rule; a preview shows what it would keep.
package struct OutputTaint {
    private let known: KnownSecrets

    /// - Parameter given: what the driver was handed, and what it had kept before.
    package init(given: KnownSecrets) { known = given }

    /// Moves every leaf that shows a secret from `values` to the same place in `secrets`. An array moves as one leaf.
    ///
    /// - Throws: where a secret stands and cannot be moved; the result is then as it was.
    package func separate(_ result: inout DriverResult) throws(OutputLeaks) {
        let known = known.adding(made: JSON.texts(in: result.secrets))
        guard !known.isEmpty else { return }
        var leaks = OutputLeaks()
        let (plain, tainted) = Self.split(result.values, known)
        var secrets = result.secrets
        if let tainted { secrets = Self.merge(tainted, under: secrets) }
        leaks.isInName = Self.hasName(plain ?? [:], known) || Self.hasName(secrets, known)
        leaks.manifests = result.manifests.enumerated().compactMap { index, manifest in
            guard known.shows(in: manifest.data) || known.shows(manifest.location) else { return nil }
            return OutputLeaks.Manifest(index: index, location: known.masked(manifest.location))
        }
        guard !leaks.isInName, leaks.manifests.isEmpty else { throw leaks }
        result.values = plain ?? [:]
        result.secrets = secrets
    }

    private static func split(_ value: JSON, _ known: KnownSecrets) -> (plain: JSON?, tainted: JSON?) {
        guard case .object(let members) = value else {
            // Spelled out: a bare `nil` is JSON's null.
            return known.shows(in: value) ? (JSON?.none, value) : (value, JSON?.none)
        }
        var plain: [String: JSON] = [:], tainted: [String: JSON] = [:]
        for (name, member) in members {
            let parts = split(member, known)
            plain[name] = parts.plain
            tainted[name] = parts.tainted
        }
        // What had members, all of them secret, is secret as a whole; what had none stays.
        return (
            plain.isEmpty && !tainted.isEmpty ? JSON?.none : .object(plain), tainted.isEmpty ? JSON?.none : .object(tainted)
        )
    }

    /// Both trees in one; where both have a leaf, the driver's own secret stays.
    private static func merge(_ tainted: JSON, under secrets: JSON) -> JSON {
        if secrets.isNull { return tainted }
        guard case .object(let new) = tainted, case .object(var members) = secrets else { return secrets }
        for (name, value) in new { members[name] = members[name].map { merge(value, under: $0) } ?? value }
        return .object(members)
    }

    /// The names of secret outputs, too, stand beside the references, in the clear.
    private static func hasName(_ value: JSON, _ known: KnownSecrets) -> Bool {
        guard case .object(let members) = value else { return false }
        return members.contains { known.showsInName($0.key) || hasName($0.value, known) }
    }
}
