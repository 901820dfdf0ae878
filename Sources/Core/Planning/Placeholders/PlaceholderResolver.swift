import PlatformModel

/// Replaces the placeholders of whole documents. Keys are never expanded, and what comes out of a value is never read again.
package struct PlaceholderResolver<Scope: PlaceholderScope> {
    private let scope: Scope
    /// Names the document in problems: `postgres.default#modules.web.externals.db`.
    private let place: String
    private var pointer: [String] = []
    private var slots: [SecretSlot] = []
    private(set) package var problems: [Problem] = []

    package init(_ scope: Scope, place: String) {
        self.scope = scope
        self.place = place
    }

    /// A document with every placeholder replaced; throws all problems at once.
    package static func resolve(_ document: JSON, in scope: Scope, place: String) throws(PlanningError) -> ResolvedDocument {
        var resolver = PlaceholderResolver(scope, place: place)
        let result = resolver.resolve(document)
        guard resolver.problems.isEmpty else { throw PlanningError(resolver.problems) }
        return result
    }

    /// Resolves a part that will stand at `prefix` of a larger document; problems are collected in `problems`.
    package mutating func resolve(_ document: JSON, at prefix: [String] = []) -> ResolvedDocument {
        pointer = prefix
        slots = []
        let result = walk(document)
        return ResolvedDocument(result, slots: slots)
    }

    /// Only what may hold a placeholder is walked, and only what changed is put back: the rest of a document is not copied.
    private mutating func walk(_ value: JSON) -> JSON {
        switch value {
        case .string(let text):
            return PlaceholderText.needsReading(text) ? replace(text) : value
        case .array(var elements):
            for (index, element) in elements.enumerated() where element.mayHoldPlaceholder {
                pointer.append(String(index))
                elements[index] = walk(element)
                pointer.removeLast()
            }
            return .array(elements)
        case .object(var members):
            // Sorted, so that slots and problems come in one order.
            for (key, member) in JSON.placeholderMembers(members) {
                pointer.append(key)
                members[key] = walk(member)
                pointer.removeLast()
            }
            return .object(members)
        default:
            return value
        }
    }

    private mutating func replace(_ text: String) -> JSON {
        let parsed: PlaceholderText
        do {
            parsed = try PlaceholderText(text)
        } catch {
            problems.append(Problem(code: "PLAN-101", path: path(error.line, error.column, text), message: error.reason))
            return .null
        }
        if let single = parsed.single {
            guard let value = look(up: single, in: text) else { return .null }
            guard !value.slots.isEmpty else { return value.document }
            let prefix = JSONPointer(tokens: pointer).description
            slots += value.slots.map { SecretSlot(pointer: prefix + $0.pointer, parts: $0.parts) }
            return value.document
        }
        var parts: [SecretPart] = []
        for piece in parsed.pieces {
            switch piece {
            case .literal(let literal): parts.append(.text(literal))
            case .placeholder(let placeholder): parts += textParts(of: placeholder, in: text)
            }
        }
        return emit(parts)
    }

    /// The parts of one placeholder within a longer text: a string as it is, everything else as JSON text.
    private mutating func textParts(of placeholder: Placeholder, in text: String) -> [SecretPart] {
        guard let value = look(up: placeholder, in: text) else { return [] }
        if let parts = value.secretParts { return parts }
        guard value.slots.isEmpty else {
            let position = PlaceholderText.position(of: placeholder.offset, in: text.utf8)
            problems.append(
                Problem(
                    code: "PLAN-108", path: path(position.line, position.column, text),
                    message: "'\(placeholder)' has secrets among its members and cannot stand within a text: name one member"))
            return []
        }
        return [.text(value.document.string ?? value.document.canonical)]
    }

    private mutating func emit(_ parts: [SecretPart]) -> JSON {
        var joined: [SecretPart] = []
        var isSecret = false
        for part in parts {
            if case .text(let next) = part, case .text(let last)? = joined.last {
                joined[joined.count - 1] = .text(last + next)
            } else {
                joined.append(part)
            }
            if case .reference = part { isSecret = true }
        }
        guard isSecret else {
            if case .text(let whole)? = joined.first { return .string(whole) }
            return ""
        }
        slots.append(SecretSlot(pointer: JSONPointer(tokens: pointer).description, parts: joined))
        return .null
    }

    private mutating func look(up placeholder: Placeholder, in text: String) -> ResolvedDocument? {
        do {
            return try scope.value(of: placeholder)
        } catch {
            let position = PlaceholderText.position(of: placeholder.offset, in: text.utf8)
            problems.append(
                Problem(
                    code: error.code, path: path(position.line, position.column, text),
                    message: "'\(placeholder)': \(error.reason)", suggestion: error.suggestion))
            return nil
        }
    }

    /// `place /spec/containers/web/variables/A:1:5`; the position only where the text has more than one line or starts late.
    private func path(_ line: Int, _ column: Int, _ text: String) -> String {
        "\(place) \(JSONPointer(tokens: pointer)):\(line):\(column)"
    }
}
