/// One thing that is not in the real system what it is meant to be.
package struct FieldChange: Sendable, Hashable, Codable, CustomStringConvertible {
    /// What it is of: an output (`outputs/port`), or what the driver calls the thing (`role shop_dev_db/login`).
    package var path: String
    /// As it is. Nil: it is not there, or is not shown.
    package var actual: JSON?
    /// As it is meant to be. Nil: it is not meant to be there, or is not shown.
    package var wanted: JSON?
    /// Neither of the two is shown.
    package var isSecret: Bool

    /// What is told of one resource.
    package static let limit = 50
    private static let longestText = 200

    /// Long texts are cut; the values of a secret are left out.
    package init(_ path: String, actual: JSON?, wanted: JSON?, isSecret: Bool = false) {
        self.path = String(path.prefix(Self.longestText))
        self.actual = isSecret ? nil : actual.map(Self.cut)
        self.wanted = isSecret ? nil : wanted.map(Self.cut)
        self.isSecret = isSecret
    }

    /// `outputs/port: 5433, wanted 5432`.
    package var description: String {
        isSecret
            ? "\(path): differs (secret)"
            : "\(path): \(actual?.canonical ?? "not there"), wanted \(wanted?.canonical ?? "not there")"
    }

    private static func cut(_ value: JSON) -> JSON {
        let text = value.string ?? value.canonical
        guard text.utf8.count > longestText else { return value }
        return .string("\(String(text.unicodeScalars.prefix(longestText)))... (\(text.utf8.count) bytes)")
    }

    /// What differs between two trees, leaf by leaf, in the order of paths; numbers are compared by value.
    ///
    /// - Parameter isSecret: whether a leaf at a place may be shown.
    package static func between(
        actual: JSON?, wanted: JSON?, at place: String, isSecret: ([String]) -> Bool
    ) -> [FieldChange] {
        var changes: [FieldChange] = []
        collect(actual, wanted, place, [], isSecret, &changes)
        return changes
    }

    private static func collect(
        _ actual: JSON?, _ wanted: JSON?, _ place: String, _ path: [String], _ isSecret: ([String]) -> Bool,
        _ changes: inout [FieldChange]
    ) {
        guard changes.count < limit else { return }
        if let actual, let wanted, actual.isSame(as: wanted) { return }
        let left = actual?.object, right = wanted?.object
        if (left?.isEmpty == false || right?.isEmpty == false), (actual == nil || left != nil), (wanted == nil || right != nil) {
            for name in Set((left ?? [:]).keys).union((right ?? [:]).keys).sorted() {
                collect(left?[name], right?[name], "\(place)/\(name)", path + [name], isSecret, &changes)
            }
            return
        }
        if actual == nil, wanted == nil { return }
        changes.append(FieldChange(place, actual: actual, wanted: wanted, isSecret: isSecret(path)))
    }

    private enum CodingKeys: String, CodingKey {
        case path, actual, wanted
        case isSecret = "secret"
    }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try container.decode(String.self, forKey: .path), actual: try container.decodeIfPresent(JSON.self, forKey: .actual),
            wanted: try container.decodeIfPresent(JSON.self, forKey: .wanted),
            isSecret: try container.decodeIfPresent(Bool.self, forKey: .isSecret) ?? false)
    }
}
