import PlatformModel

/// `type[.class][#id]` as definitions write it; what is left out is inherited from the resource that refers.
struct ResourceReference: Hashable, Sendable {
    var type: String
    var `class`: String?
    var id: String?

    /// Nil when the text is no reference.
    init?(_ text: some StringProtocol) {
        var rest = String(text)
        if let hash = rest.firstIndex(of: "#") {
            let id = String(rest[rest.index(after: hash)...])
            guard !id.isEmpty else { return nil }
            self.id = id
            rest = String(rest[..<hash])
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count <= 2, parts.allSatisfy({ !$0.isEmpty }), let type = parts.first else { return nil }
        self.type = String(type)
        `class` = parts.count == 2 ? String(parts[1]) : nil
        if rest.contains(where: { "<> ".contains($0) }) { return nil }
    }

    func inheriting(from identity: ResourceIdentity) -> ResourceIdentity {
        ResourceIdentity(type: type, class: `class` ?? identity.class, id: id ?? identity.id)
    }

    /// Whether a resource is one of those meant when nothing is inherited: what is left out may be anything.
    func covers(_ identity: ResourceIdentity) -> Bool {
        type == identity.type && (`class` == nil || `class` == identity.class) && (id == nil || id == identity.id)
    }
}

extension ResourceIdentity {
    /// A name that no reference could be written for, or that would be read as a selector; nil where all is well.
    var unwritable: Problem? {
        let isOdd = [type, `class`].contains { $0.isEmpty || $0.utf8.contains { Self.marks.contains($0) } }
        guard isOdd || id.isEmpty || id.utf8.contains(where: { $0 == UInt8(ascii: "<") || $0 == UInt8(ascii: ">") }) else {
            return nil
        }
        return Problem(
            code: "PLAN-106", path: description,
            message: "cannot be named: a type or class holds no '.', '#', '<', '>' or blank, an id no '<' or '>'; rename it")
    }

    private static let marks = Set(".#<> ".utf8)
}

/// `A>B`: all B that A depends on; `A<B`: all B that depend on A (humanitec.md 2.5). Direct edges only, those of references and
/// co-provisioning; in B, what is left out may be anything, in A it is inherited.
struct ResourceSelector: Hashable, Sendable {
    var anchor: ResourceReference
    /// Whether the wanted ones are what the anchor depends on (`>`), or what depends on it (`<`).
    var takesDependencies: Bool
    var wanted: ResourceReference

    init?(_ text: String) {
        guard let mark = text.firstIndex(where: { $0 == ">" || $0 == "<" }),
            let anchor = ResourceReference(text[..<mark]), let wanted = ResourceReference(text[text.index(after: mark)...])
        else { return nil }
        self.anchor = anchor
        self.wanted = wanted
        takesDependencies = text[mark] == ">"
    }
}
