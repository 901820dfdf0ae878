import Planning
import PlatformModel

extension FuzzTarget {
    /// Canonical text reads as the same value, and its canonical text is itself.
    static let json = FuzzTarget(name: "json") { bytes throws(BrokenPromise) in
        guard let value = try? JSON.parse(bytes) else { return }
        let text = value.canonical
        let again = try? JSON.parse(text)
        try BrokenPromise.unless(again?.canonical == text, "canonical text that changes: \(text)")
    }

    /// Two documents and a list of operations: a pointer's text reads as itself, a patch is applied whole or not at all, and the
    /// operations from one document to the other do what they say.
    static let patch = FuzzTarget(name: "patch") { bytes throws(BrokenPromise) in
        let parts = Self.parts(bytes)
        guard let document = try? JSON.parse(parts[0]) else { return }
        if parts.count > 1, let operations = try? JSON.decode([PatchOperation].self, from: parts[1]) {
            for operation in operations {
                guard let pointer = try? JSONPointer(operation.path) else { continue }
                let text = pointer.description
                try BrokenPromise.unless(text == operation.path, "the pointer '\(operation.path)' is written as '\(text)'")
            }
            _ = try? document.applying(operations)
        }
        guard parts.count > 2, let target = try? JSON.parse(parts[2]) else { return }
        let made = try? document.applying(JSON.operations(from: document, to: target))
        try BrokenPromise.unless(
            made?.isSame(as: target) == true, "the difference applied gives \(made?.canonical ?? "an error")")
    }
}
