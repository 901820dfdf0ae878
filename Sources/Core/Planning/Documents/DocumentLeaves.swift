import PlatformModel

/// The leaves of a document, by pointer. Empty objects and arrays are leaves too.
struct DocumentLeaves {
    private(set) var leaves: [String: ShownValue] = [:]
    private let slots: [String: SecretSlot]
    private let namesElements: Bool

    /// - Parameter namesElements: whether an element of a list whose elements all have their own `name` goes by that name and not by its
    ///   number: one more variable is then one change, and not one of each that comes after it.
    init(_ document: ResolvedDocument, namesElements: Bool = false) {
        slots = Dictionary(document.slots.map { ($0.pointer, $0) }, uniquingKeysWith: { first, _ in first })
        self.namesElements = namesElements
        collect(document.document, at: "", shown: "")
    }

    private mutating func collect(_ value: JSON, at place: String, shown: String) {
        if !slots.isEmpty, let slot = slots[place] {
            leaves[shown] = ShownValue(slot)
            return
        }
        switch value {
        case .object(let members) where !members.isEmpty:
            for (key, member) in members {
                let step = "/" + JSONPointer.escape(key)
                collect(member, at: place + step, shown: shown + step)
            }
        case .array(let elements) where !elements.isEmpty:
            let names = namesElements ? Self.names(of: elements) : nil
            for (index, element) in elements.enumerated() {
                let name = names.map { JSONPointer.escape($0[index]) } ?? String(index)
                collect(element, at: "\(place)/\(index)", shown: "\(shown)/\(name)")
            }
        default:
            leaves[shown] = ShownValue(value)
        }
    }

    /// Nil unless each has one of its own.
    private static func names(of elements: [JSON]) -> [String]? {
        let names = elements.compactMap { $0["name"]?.string }
        return names.count == elements.count && Set(names).count == names.count ? names : nil
    }

    /// What differs, by path; numbers are compared by value.
    static func changes(from before: DocumentLeaves, to after: DocumentLeaves) -> [InputChange] {
        Set(before.leaves.keys).union(after.leaves.keys).sorted().compactMap { path in
            let old = before.leaves[path], new = after.leaves[path]
            if case .value(let old)? = old, case .value(let new)? = new, old.isSame(as: new) { return nil }
            return old == new ? nil : InputChange(path: path, before: old, after: new)
        }
    }
}
