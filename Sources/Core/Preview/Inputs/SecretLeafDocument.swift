import Planning
import PlatformModel

/// A document as people write it, in which `{secret_ref: {store, ref, version}}` is a secret by reference.
package struct SecretLeafDocument: Sendable, Hashable {
    /// What is not secret.
    package private(set) var values: JSON = [:]
    /// The same shape, with a reference at each leaf.
    package private(set) var references: JSON = [:]

    package init(_ document: JSON) {
        let (plain, secret) = Self.split(document)
        values = plain ?? [:]
        references = secret ?? [:]
    }

    /// The secret that a value stands for, nil for a value.
    package static func reference(_ value: JSON) -> SecretReference? {
        guard let members = value.object, members.count == 1, let leaf = members["secret_ref"], let ref = leaf["ref"]?.string
        else { return nil }
        return SecretReference(store: leaf["store"]?.string ?? "built-in", ref: ref, version: leaf["version"]?.string)
    }

    /// Shared values: name -> value.
    package static func sharedValues(_ document: JSON, file: String) throws(PreviewProblems) -> [String: ResolvedDocument] {
        guard let members = document.isNull ? [:] : document.object else {
            let message = "a map of shared values is needed, not \(document.kind)"
            throw PreviewProblems([Problem(code: "RENDER-101", file: file, path: "", message: message)])
        }
        return members.mapValues { value in
            reference(value).map { ResolvedDocument(secret: $0) } ?? ResolvedDocument(value)
        }
    }

    private static func split(_ value: JSON) -> (plain: JSON?, secret: JSON?) {
        if let reference = reference(value) { return (JSON?.none, reference.leaf) }
        guard case .object(let members) = value else { return (value, JSON?.none) }
        var plain: [String: JSON] = [:], secret: [String: JSON] = [:]
        for (name, member) in members {
            let parts = split(member)
            plain[name] = parts.plain
            secret[name] = parts.secret
        }
        return (
            plain.isEmpty && !secret.isEmpty ? JSON?.none : .object(plain), secret.isEmpty ? JSON?.none : .object(secret)
        )
    }
}

extension SecretReference {
    /// As it stands at a leaf of secret outputs (contract: store, ref, version).
    var leaf: JSON {
        var members: [String: JSON] = ["store": .string(store), "ref": .string(ref)]
        members["version"] = version.map { .string($0) }
        return .object(members)
    }
}
