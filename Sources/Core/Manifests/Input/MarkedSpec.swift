import PlatformModel

/// A spec in which every secret is a mark, so that it stays with its value wherever an update moves or copies it.
struct MarkedSpec {
    private(set) var spec: JSON
    private var secrets: [[SecretPart]] = []

    /// No document that people write has a NUL in a key, and one that has is refused.
    private static let key = "\u{0}secret"

    init(_ input: WorkloadInput, _ problems: inout ProblemList) {
        spec = input.workload.spec
        if Self.holdsMark(spec) || Self.holdsMark(input.update ?? .null) {
            problems.add("105", "spec", "a key holds a NUL character; remove it")
        }
        spec = mark(spec, input.slots, "spec", &problems)
        guard let update = input.update, !update.isNull else { return }
        let operations = mark(update, input.updateSlots, "update", &problems)
        apply(operations, &problems)
    }

    /// The secret that a value stands for, or nil for a value.
    func secret(_ value: JSON) -> [SecretPart]? {
        guard case .object(let members) = value, members.count == 1, let index = members[Self.key]?.int,
            secrets.indices.contains(index)
        else { return nil }
        return secrets[index]
    }

    /// Whether a value is, or holds, a secret.
    static func holdsMark(_ value: JSON) -> Bool {
        switch value {
        case .object(let members):
            members.contains { ($0.key.utf8.count == key.utf8.count && $0.key == key) || holdsMark($0.value) }
        case .array(let elements): elements.contains(where: holdsMark)
        default: false
        }
    }

    private mutating func mark(_ document: JSON, _ slots: [SecretSlot], _ path: String, _ problems: inout ProblemList) -> JSON {
        var document = document
        for slot in slots {
            let mark = JSON.object([Self.key: .int(Int64(secrets.count))])
            secrets.append(slot.parts)
            guard let pointer = try? JSONPointer(slot.pointer), document[pointer] != nil, document.set(mark, at: pointer) else {
                problems.add("105", path, "a secret is to go to '\(slot.pointer)', and nothing is there")
                continue
            }
        }
        return document
    }

    /// Applies operations rooted at the module. Unlike RFC 6902 an `add` makes the objects on its way: a definition cannot know
    /// whether the workload it is for has any `variables` yet.
    private mutating func apply(_ update: JSON, _ problems: inout ProblemList) {
        guard let list = update.array else {
            return problems.add("107", "update", "a list of operations (RFC 6902) is needed, not a \(update.kind)")
        }
        var module: JSON = ["spec": spec]
        for (index, value) in list.enumerated() {
            do {
                let operation = try value.decode(PatchOperation.self)
                guard operation.path.hasPrefix("/spec/") else {
                    problems.add("107", "update.\(index)", "the path '\(operation.path)' does not begin with '/spec/'")
                    continue
                }
                if operation.op == "add", let pointer = try? JSONPointer(operation.path) {
                    Self.makeParents(of: pointer, in: &module)
                }
                try module.apply([operation])
            } catch let error as PatchError {
                problems.add("107", "update.\(index)", "\(error.op) '\(error.path)': \(error.reason)")
            } catch {
                problems.add("107", "update.\(index)", "this is no operation of RFC 6902: \(error)")
            }
        }
        spec = module["spec"] ?? [:]
    }

    private static func makeParents(of pointer: JSONPointer, in document: inout JSON) {
        for length in 1..<max(1, pointer.tokens.count) {
            let parent = JSONPointer(tokens: Array(pointer.tokens.prefix(length)))
            guard document[parent] == nil || document[parent] == .null else { continue }
            // What is added at `-` is added to a list.
            let made: JSON = pointer.tokens[length] == "-" ? [] : [:]
            guard document.set(made, at: parent) else { return }
        }
    }
}
