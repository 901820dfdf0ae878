import PlatformModel

/// What a resource gave when it was provisioned.
package struct NodeOutputs: Sendable, Hashable, Codable {
    /// The outputs that are not secret.
    package var values: JSON
    /// The secret outputs: the same shape, with a `SecretReference` at each leaf.
    package var secretRefs: JSON
    package var guResID: String
    /// Whether it is not made yet, so that it may have more outputs than are known: such a one is a text that names it (`StandIn`).
    package var isOpen = false
    /// Of an open one: all names that it can have, where that is known.
    package var onlyNames: [String]?

    package init(values: JSON, secretRefs: JSON, guResID: String, isOpen: Bool = false, onlyNames: [String]? = nil) {
        self.values = values
        self.secretRefs = secretRefs
        self.guResID = guResID
        self.isOpen = isOpen
        self.onlyNames = onlyNames
    }

    // What is open is never stored.
    private enum CodingKeys: String, CodingKey { case values, secretRefs, guResID }

    /// An output, or all of them for an empty path.
    func value(at path: [String], of identity: ResourceIdentity) throws(LookupFailure) -> ResolvedDocument {
        let pointer = JSONPointer(tokens: path)
        let plain = values[pointer], secret = SecretLeaves.value(of: secretRefs, at: path[...])
        if isOpen, secret == nil, plain == nil || path.isEmpty {
            if let onlyNames, let name = path.first, !onlyNames.contains(name) {
                throw LookupFailure(
                    "PLAN-107", "\(identity) has no output '\(name)'; it has \(onlyNames.prefix(20).joined(separator: ", "))",
                    suggestion: nearestName(to: name, among: onlyNames))
            }
            return ResolvedDocument(.string(StandIn.output(path, of: identity)))
        }
        switch (plain, secret) {
        case (let plain?, nil): return ResolvedDocument(plain)
        case (nil, let secret?): return SecretLeaves.document(secret)
        case (let plain?, let secret?): return SecretLeaves.merged(plain, secret)
        case (nil, nil): break
        }
        // Say where the path leaves what there is.
        var known = 0
        while known < path.count, exists(Array(path.prefix(known + 1))) { known += 1 }
        let parent = Array(path.prefix(known)), missing = known < path.count ? path[known] : ""
        let names = memberNames(at: parent)
        let list = names.isEmpty ? "it has none there" : "it has \(names.prefix(20).joined(separator: ", "))"
        throw LookupFailure(
            "PLAN-107", "\(identity) has no output '\(path.prefix(known + 1).joined(separator: "."))'; \(list)",
            suggestion: nearestName(to: missing, among: names).map { (parent + [$0]).joined(separator: ".") })
    }

    private func exists(_ path: [String]) -> Bool {
        values[JSONPointer(tokens: path)] != nil || SecretLeaves.value(of: secretRefs, at: path[...]) != nil
    }

    private func memberNames(at path: [String]) -> [String] {
        let pointer = JSONPointer(tokens: path)
        let plain = values[pointer]?.object?.keys.map { $0 } ?? []
        let leaves = SecretLeaves.value(of: secretRefs, at: path[...])
        let secret = leaves.flatMap { SecretLeaves.reference($0) == nil ? $0.object?.keys.map { $0 } : nil } ?? []
        return Set(plain + secret).sorted()
    }
}

/// Documents with references to secrets at their leaves.
enum SecretLeaves {
    /// The reference that a leaf is; nil for anything else (contract: store, ref, version).
    static func reference(_ value: JSON) -> SecretReference? {
        guard let members = value.object, let ref = members["ref"]?.string,
            members.keys.allSatisfy({ ["store", "ref", "version", "value"].contains($0) })
        else { return nil }
        let store = members["store"]?.string.flatMap { $0.isEmpty ? nil : $0 } ?? "built-in"
        return SecretReference(store: store, ref: ref, version: members["version"]?.string)
    }

    /// What stands at a place: a secret is a whole, and where it is kept is none of its members.
    static func value(of document: JSON, at path: ArraySlice<String>) -> JSON? {
        guard let token = path.first else { return document }
        guard reference(document) == nil, let inner = document[JSONPointer(tokens: [token])] else { return nil }
        return value(of: inner, at: path.dropFirst())
    }

    /// The document with null and a slot at each leaf.
    static func document(_ value: JSON, at pointer: JSONPointer = JSONPointer()) -> ResolvedDocument {
        if let reference = reference(value) {
            return ResolvedDocument(.null, slots: [SecretSlot(pointer: pointer.description, parts: [.reference(reference)])])
        }
        switch value {
        case .object(var members):
            var slots: [SecretSlot] = []
            for key in members.keys.sorted() {
                let inner = document(members[key, default: .null], at: pointer.appending(key))
                members[key] = inner.document
                slots += inner.slots
            }
            return ResolvedDocument(.object(members), slots: slots)
        case .array(let elements):
            let inner = elements.enumerated().map { document($1, at: pointer.appending($0)) }
            return ResolvedDocument(.array(inner.map(\.document)), slots: inner.flatMap(\.slots))
        default:
            return ResolvedDocument(value)
        }
    }

    /// Values and secrets of one object laid over each other; a secret wins over a value of its name.
    static func merged(_ plain: JSON, _ secret: JSON) -> ResolvedDocument {
        let secrets = document(secret)
        return ResolvedDocument(overlay(secrets.document, on: plain), slots: secrets.slots)
    }

    private static func overlay(_ top: JSON, on bottom: JSON) -> JSON {
        guard case .object(let above) = top, case .object(let below) = bottom else { return top }
        return .object(below.merging(above) { overlay($1, on: $0) })
    }
}
