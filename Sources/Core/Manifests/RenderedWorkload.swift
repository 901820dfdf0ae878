import PlatformModel

/// The Kubernetes objects of one workload, configuration before what reads it. Equal inputs give equal values.
package struct RenderedWorkload: Sendable, Hashable, Codable {
    package var objects: [JSON]
    /// Where secret values go: pointers into `objects` (`/1/stringData/DB_PASSWORD`), which hold null there.
    package var slots: [SecretSlot]

    package init(objects: [JSON], slots: [SecretSlot]) {
        self.objects = objects
        self.slots = slots
    }

    /// The same with other objects before its own.
    package func preceded(by others: [JSON]) -> RenderedWorkload {
        guard !others.isEmpty else { return self }
        let moved = slots.map { slot -> SecretSlot in
            guard let pointer = try? JSONPointer(slot.pointer), let index = pointer.tokens.first.flatMap(Int.init) else {
                return slot
            }
            var slot = slot
            slot.pointer = JSONPointer(tokens: [String(index + others.count)] + pointer.tokens.dropFirst()).description
            return slot
        }
        return RenderedWorkload(objects: others + objects, slots: moved)
    }
}

/// Everything that keeps a workload from being rendered: never empty.
///
/// Codes: `MAN-101` unknown key, `102` wrong type, `103` value not allowed, `104` volume unknown, `105` secret where none can be, `106`
/// manifest not usable, `107` update not applicable, `108` name used twice, `109` profile unknown, `110` order of containers.
package struct ManifestProblems: Error, Sendable, Hashable, CustomStringConvertible {
    package let problems: [Problem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Collects problems while a workload is rendered, at most 100 of them.
struct ProblemList {
    private(set) var problems: [Problem] = []
    let workload: String

    init(workload: String) { self.workload = workload }

    mutating func add(_ code: String, _ path: String, _ message: String, suggestion: String? = nil) {
        guard problems.count < 100 else { return }
        problems.append(
            Problem(code: "MAN-\(code)", path: "modules.\(workload).\(path)", message: message, suggestion: suggestion))
    }

    mutating func unknown(_ key: String, _ path: String, among known: [String], _ hint: String = "") {
        add(
            "101", "\(path).\(key)", "unknown key; the keys here are \(known.joined(separator: ", "))\(hint)",
            suggestion: nearestName(to: key, among: known))
    }
}
