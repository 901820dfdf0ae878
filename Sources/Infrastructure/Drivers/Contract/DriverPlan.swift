import PlatformModel
import PureDrivers

/// What `provision` would change in the real system. What a driver says here is shown to people: secrets stand in it only as changes
/// whose values are not shown.
package enum DriverPlan: Sendable, Hashable {
    /// Nothing: the real system is as it is meant to be.
    case none
    /// It does not stand.
    case create
    /// It stands, and these differ.
    case update([FieldChange])
    /// It stands, and can become what it is meant to be only by being destroyed and made anew.
    case replace([FieldChange])
    /// Why nothing can be said.
    case cannotTell(String)
}

extension Driver {
    /// For a driver whose `find` tells what stands: its outputs compared with those of the last time.
    package func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        try await planByFinding(request, context)
    }

    /// What `find` says, as a plan; for a driver that adds to it.
    package func planByFinding(
        _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> DriverPlan {
        switch try await find(request, context) {
        case .absent: return .create
        case .cannotTell: return .cannotTell("the driver \(name) cannot tell what stands in the real system")
        case .present(let found):
            guard let last = request.last else {
                _ = context.typed(found)
                return .cannotTell("it stands, and what the driver \(name) answered last is not on record")
            }
            let changes = context.typed(found).changes(from: last)
            return changes.isEmpty ? .none : .update(changes)
        }
    }

    /// What foreign code makes is not known: it counts as data.
    package func holdsData(_ request: DriverRequest) -> Bool { true }
}

extension DriverResult {
    /// Where the real system answers otherwise than it did: outputs, secret outputs (masked) and manifests.
    ///
    /// Plain and secret outputs are compared as one tree: the runner keeps a plain output that shows a secret as a secret one.
    package func changes(from last: DriverResult) -> [FieldChange] {
        let (found, wanted) = (Self.tree(self), Self.tree(last))
        let hidden = [secrets, last.secrets]
        let outputs = FieldChange.between(actual: found, wanted: wanted, at: "outputs") { path in
            hidden.contains { Self.stands($0, path) }
        }
        let manifests = FieldChange.between(
            actual: Self.byNumber(manifests), wanted: Self.byNumber(last.manifests), at: "manifests", isSecret: { _ in false })
        return Array((outputs + manifests).prefix(FieldChange.limit))
    }

    private static func tree(_ result: DriverResult) -> JSON { merge(result.secrets, under: result.values) }

    private static func merge(_ secrets: JSON, under values: JSON) -> JSON {
        guard case .object(let hidden) = secrets, case .object(var members) = values else {
            return secrets.isNull ? values : secrets
        }
        for (name, value) in hidden { members[name] = members[name].map { merge(value, under: $0) } ?? value }
        return .object(members)
    }

    /// Whether something of the tree is at the path, or the path leads into one of its leaves.
    private static func stands(_ tree: JSON, _ path: [String]) -> Bool {
        var place = tree
        for name in path {
            guard case .object(let members) = place else { return !place.isNull }
            guard let next = members[name] else { return false }
            place = next
        }
        return true
    }

    private static func byNumber(_ manifests: [DriverManifest]) -> JSON {
        .object(
            Dictionary(
                manifests.enumerated().map {
                    (String($0.offset + 1), ["location": .string($0.element.location), "data": $0.element.data])
                }, uniquingKeysWith: { first, _ in first }))
    }
}
