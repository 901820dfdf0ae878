/// Why a list of operations was not applied: which operation, where, what is wrong. Nothing was changed.
package struct PatchError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The operation's place in the list, from 0.
    package let index: Int
    package let op: String
    package let path: String
    package let reason: String

    package var description: String { "operation \(index) (\(op) '\(path)'): \(reason)" }
}

extension JSON {
    /// This document after the operations of RFC 6902, in order: all of them or none. What they make is bounded (`PatchBudget`).
    package func applying(_ operations: [PatchOperation]) throws(PatchError) -> JSON {
        var document = self
        var budget = PatchBudget()
        for (index, operation) in operations.enumerated() {
            do {
                try document.perform(operation, &budget)
            } catch {
                throw PatchError(index: index, op: operation.op, path: operation.path, reason: error.reason)
            }
        }
        return document
    }

    /// Applies the operations in place; on an error this document is as it was.
    package mutating func apply(_ operations: [PatchOperation]) throws(PatchError) {
        self = try applying(operations)
    }

    /// Equality as RFC 6902 section 4.6 has it: numbers by value, so that `1` and `1.0` are the same.
    package func isSame(as other: JSON) -> Bool {
        switch (self, other) {
        case (.int, .double), (.double, .int):
            return double == other.double
        case (.array(let left), .array(let right)):
            return left.count == right.count && zip(left, right).allSatisfy { $0.isSame(as: $1) }
        case (.object(let left), .object(let right)):
            return left.count == right.count
                && left.allSatisfy { name, value in right[name].map { value.isSame(as: $0) } ?? false }
        default:
            return self == other
        }
    }

    private mutating func perform(_ operation: PatchOperation, _ budget: inout PatchBudget) throws(EditError) {
        let path = try Self.pointer(operation.path)
        switch operation.op {
        case "add":
            let value = try operation.neededValue()
            try budget.spend(value, at: path)
            try insert(value, at: path)
        case "remove":
            _ = try take(path)
        case "replace":
            let value = try operation.neededValue()
            try budget.spend(value, at: path)
            try replace(path, with: value)
        case "move":
            let from = try operation.neededFrom()
            guard !(from.contains(path) && from != path) else { throw EditError("a value cannot be moved into itself") }
            let value = try existing(from)
            if from != path {
                try budget.spend(value, at: path)
                try insert(try take(from), at: path)
            }
        case "copy":
            let value = try existing(try operation.neededFrom())
            try budget.spend(value, at: path)
            try insert(value, at: path)
        case "test":
            guard try existing(path).isSame(as: try operation.neededValue()) else {
                throw EditError("the value there is another one")
            }
        default:
            let known = ["add", "remove", "replace", "move", "copy", "test"]
            let near = nearestName(to: operation.op, among: known).map { "; did you mean '\($0)'?" } ?? ""
            throw EditError("'\(operation.op)' is no operation: use one of \(known.joined(separator: ", "))\(near)")
        }
    }

    fileprivate static func pointer(_ text: String) throws(EditError) -> JSONPointer {
        do { return try JSONPointer(text) } catch { throw EditError(error.message) }
    }

    private mutating func insert(_ value: JSON, at path: JSONPointer) throws(EditError) {
        guard !path.tokens.isEmpty else {
            self = value
            return
        }
        try edit(path.tokens[...]) { parent, token throws(EditError) in
            switch parent {
            case .object(var members):
                parent = .null
                members[token] = value
                parent = .object(members)
            case .array(var elements):
                // One past the end is allowed here, by number or as `-`.
                guard let index = token == "-" ? elements.count : JSONPointer.index(token, count: elements.count + 1) else {
                    throw parent.missing(token)
                }
                parent = .null
                elements.insert(value, at: index)
                parent = .array(elements)
            default:
                throw parent.missing(token)
            }
        }
    }

    private mutating func take(_ path: JSONPointer) throws(EditError) -> JSON {
        guard !path.tokens.isEmpty else { throw EditError("the whole document cannot be removed") }
        return try edit(path.tokens[...]) { parent, token throws(EditError) in
            switch parent {
            case .object(var members):
                guard members[token] != nil else { throw parent.missing(token) }
                parent = .null
                let value = members.removeValue(forKey: token) ?? .null
                parent = .object(members)
                return value
            case .array(var elements):
                guard let index = JSONPointer.index(token, count: elements.count) else { throw parent.missing(token) }
                parent = .null
                let value = elements.remove(at: index)
                parent = .array(elements)
                return value
            default:
                throw parent.missing(token)
            }
        }
    }

    private mutating func replace(_ path: JSONPointer, with value: JSON) throws(EditError) {
        guard !path.tokens.isEmpty else {
            self = value
            return
        }
        _ = try existing(path)
        _ = set(value, at: path)
    }

    /// What stands at a place, or why nothing does.
    private func existing(_ path: JSONPointer) throws(EditError) -> JSON {
        var value = self
        for token in path.tokens {
            switch value {
            case .object(let members):
                guard let member = members[token] else { throw value.missing(token) }
                value = member
            case .array(let elements):
                guard let index = JSONPointer.index(token, count: elements.count) else { throw value.missing(token) }
                value = elements[index]
            default:
                throw value.missing(token)
            }
        }
        return value
    }
}

extension PatchOperation {
    fileprivate func neededValue() throws(EditError) -> JSON {
        guard let value else { throw EditError("'\(op)' needs a value") }
        return value
    }

    fileprivate func neededFrom() throws(EditError) -> JSONPointer {
        guard let from else { throw EditError("'\(op)' needs 'from'") }
        return try JSON.pointer(from)
    }
}
