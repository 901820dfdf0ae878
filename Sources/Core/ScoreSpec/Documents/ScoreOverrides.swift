import PlatformModel
import YAML

/// One `--property path=value`, applied after the overrides file.
package struct ScoreProperty: Sendable, Hashable {
    /// Keys and list indices between dots; `\.` is a dot in a key, `\\` a backslash, `-1` at the end appends to a list.
    package var path: String
    /// Nil deletes what is there.
    package var value: JSON?

    package init(path: String, value: JSON?) {
        self.path = path
        self.value = value
    }

    /// Reads `path=value`. The value is YAML; an empty one and `null` delete.
    package init(parsing argument: String) throws(ScoreProblems) {
        guard let equals = argument.firstIndex(of: "="), equals != argument.startIndex else {
            throw ScoreProblems([
                Problem(
                    code: "SCORE-209", file: "--property", path: String(argument.prefix(200)),
                    message: "a property is given as PATH=VALUE, such as containers.web.image=nginx")
            ])
        }
        path = String(argument[..<equals])
        let text = String(argument[argument.index(after: equals)...])
        if text.isEmpty {
            value = nil
            return
        }
        do throws(YAMLError) {
            let given = try YAMLDocument.parse(Array(text.utf8), file: "--property \(path)").json
            // Not `nil`, which would be the JSON null.
            value = given.isNull ? Optional.none : given
        } catch {
            throw ScoreProblems(error.problems)
        }
    }

    /// The path's parts.
    var segments: [String] { ScoreText.splitPath(path) }
}

extension ScoreNode {
    /// Deep merge: maps are merged, everything else is replaced; a null lands as a null.
    mutating func merge(_ overrides: ScoreNode) {
        guard case .map(var mine) = kind, case .map(let entries) = overrides.kind else {
            self = overrides
            return
        }
        kind = .map([])
        var places: [String: Int] = [:]
        for (index, entry) in mine.enumerated() { places[entry.key] = index }
        for entry in entries {
            if let place = places[entry.key] {
                mine[place].value.merge(entry.value)
            } else {
                mine.append(entry)
            }
        }
        kind = .map(mine)
    }

    /// Sets or deletes one property. Answers what is wrong, if anything; then nothing was changed.
    mutating func set(_ property: ScoreProperty) -> Problem? {
        let segments = property.segments
        let origin = ScoreOrigin(file: "--property \(property.path)", mark: nil)
        func problem(_ message: String) -> Problem {
            Problem(code: "SCORE-209", file: "--property", path: property.path, message: message)
        }
        guard !segments.contains(""), segments.count <= 50 else {
            return problem("the path has an empty part, or more than 50; write keys between single dots")
        }
        let value = property.value.map { ScoreNode($0, origin: origin) }
        return set(segments[...], value, origin).map(problem)
    }

    /// What is on the way is taken out and put back, so that it is changed in its place: a thousand properties do not copy a large
    /// document a thousand times. A path that fails does so before anything is made for it.
    private mutating func set(_ path: ArraySlice<String>, _ value: ScoreNode?, _ origin: ScoreOrigin) -> String? {
        guard let step = path.first else {
            if let value { self = value }
            return nil
        }
        switch kind {
        case .map(var entries):
            kind = .map([])
            defer { kind = .map(entries) }
            if let index = entries.firstIndex(where: { $0.key == step }) {
                if path.count > 1 || value != nil { return entries[index].value.set(path.dropFirst(), value, origin) }
                entries.remove(at: index)
            } else if value != nil {
                var child = ScoreNode(.map([]), origin: origin)
                _ = child.set(path.dropFirst(), value, origin)
                entries.append(Entry(key: step, origin: origin, value: child))
            }
            return nil
        case .list(var elements):
            guard let index = Int(step) else { return "'\(step)' is no index of a list" }
            kind = .list([])
            defer { kind = .list(elements) }
            if index == -1, path.count == 1, let value {
                elements.append(value)
                return nil
            }
            guard elements.indices.contains(index) else {
                return
                    "the list has \(elements.count) elements, and \(index) is not the index of one (-1 at the end of the path appends)"
            }
            if path.count > 1 || value != nil { return elements[index].set(path.dropFirst(), value, origin) }
            elements.remove(at: index)
            return nil
        case .scalar:
            return "'\(step)' would be inside a value that is neither a map nor a list"
        }
    }
}
