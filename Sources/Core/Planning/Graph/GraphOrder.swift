import PlatformModel

/// Edges beyond references, and the order.
extension GraphBuilder {
    /// `match_dependents`: what depends on a resource depends on its companion too. Companions of one resource do not come to
    /// depend on each other by it: two that ask for it would else wait for one another.
    mutating func spreadToDependents() {
        var queue: [(Int, Int)] = drafts.indices.flatMap { number in drafts[number].dependsOn.sorted().map { (number, $0) } }
        var next = 0
        while next < queue.count {
            let (dependent, resource) = queue[next]
            next += 1
            guard !drafts[resource].companions.contains(dependent) else { continue }
            guard queue.count <= Self.edgeLimit else { return refuseEdges(resource, "`match_dependents`") }
            for companion in drafts[resource].forDependents where companion != dependent {
                if drafts[dependent].dependsOn.insert(companion).inserted { queue.append((dependent, companion)) }
            }
        }
    }

    private mutating func refuseEdges(_ number: Int, _ cause: String) {
        let message =
            "\(cause) tie more than \(Self.edgeLimit) pairs of resources together: look for a definition that means fewer"
        problems.append(Problem(code: "PLAN-109", path: drafts[number].identity.description, message: message))
    }

    mutating func setPlaces() {
        let names = drafts.map(\.identity.description)
        places = Array(repeating: 0, count: drafts.count)
        for (place, number) in names.indices.sorted(by: { names[$0] < names[$1] }).enumerated() { places[number] = place }
    }

    private func inOrder(_ numbers: some Collection<Int>) -> [ResourceIdentity] {
        guard numbers.count > 1 else { return numbers.map { drafts[$0].identity } }
        return numbers.sorted { places[$0] < places[$1] }.map { drafts[$0].identity }
    }

    /// Resolves every selector against the edges of references and co-provisioning: what selectors add is not seen by others.
    mutating func select() {
        guard drafts.contains(where: { !$0.selectors.isEmpty }) else { return }
        var dependents: [[Int]] = Array(repeating: [], count: drafts.count)
        for number in drafts.indices {
            for dependency in drafts[number].dependsOn { dependents[dependency].append(number) }
        }
        var added: [(Int, Int)] = []
        for number in drafts.indices {
            for (key, (selector, anchor)) in drafts[number].selectors.sorted(by: { $0.key < $1.key }) {
                guard let start = numbers[anchor] else {
                    drafts[number].selections[key] = []
                    continue
                }
                let near = selector.takesDependencies ? Array(drafts[start].dependsOn) : dependents[start]
                let found = near.filter { $0 != number && selector.wanted.covers(drafts[$0].identity) }
                drafts[number].selections[key] = inOrder(found)
                added += found.map { (number, $0) }
                guard added.count <= Self.edgeLimit else { return refuseEdges(number, "selectors") }
            }
        }
        for (number, found) in added { drafts[number].dependsOn.insert(found) }
        if !added.isEmpty { withdrawCircularNeeds() }
    }

    /// Numbers in an order in which each stands after all it depends on; of those that could come next, the smallest
    /// identity does. Circles are reported.
    mutating func sorted() -> [Int] {
        var byName = Array(repeating: 0, count: drafts.count)
        for (number, place) in places.enumerated() { byName[place] = number }
        var dependents: [[Int]] = Array(repeating: [], count: drafts.count)
        var waiting = drafts.map(\.dependsOn.count)
        for number in drafts.indices {
            for dependency in drafts[number].dependsOn { dependents[dependency].append(number) }
        }
        var ready = RankHeap()
        for number in drafts.indices where waiting[number] == 0 { ready.push(places[number]) }
        var order: [Int] = []
        order.reserveCapacity(drafts.count)
        while let rank = ready.pop() {
            let number = byName[rank]
            order.append(number)
            for dependent in dependents[number] {
                waiting[dependent] -= 1
                if waiting[dependent] == 0 { ready.push(places[dependent]) }
            }
        }
        if order.count < drafts.count { reportCircles(byName.filter { waiting[$0] > 0 }) }
        return order
    }

    /// Of a circle: nobody reads more.
    private static var namedMembers: Int { 200 }

    /// What is left over waits for something left over, so following that always ends in a circle.
    private mutating func reportCircles(_ left: [Int]) {
        let isLeft = Set(left)
        var seen: Set<Int> = []
        for start in left where !seen.contains(start) {
            var walk: [Int] = [], position: [Int: Int] = [:]
            var current: Int? = start
            while let number = current, !seen.contains(number), position[number] == nil {
                position[number] = walk.count
                walk.append(number)
                current = drafts[number].dependsOn.filter(isLeft.contains).min { places[$0] < places[$1] }
            }
            seen.formUnion(walk)
            guard let number = current, let first = position[number] else { continue }
            var circle = Array(walk[first...])
            let smallest = circle.indices.min { places[circle[$0]] < places[circle[$1]] } ?? 0
            circle = Array(circle[smallest...] + circle[..<smallest])
            var names = (circle + circle.prefix(1)).map { drafts[$0].identity.description }
            if names.count > Self.namedMembers {
                let left = names.count - Self.namedMembers
                names.replaceSubrange(Self.namedMembers - 1..<names.count - 1, with: ["(\(left) more)"])
            }
            problems.append(
                Problem(
                    code: "PLAN-104", path: names[0],
                    message: "these resources depend on each other in a circle: \(names.joined(separator: " -> ")); "
                        + "take one reference out, or put a resource of its own between them"))
        }
    }

    func node(_ number: Int) -> ResourceNode {
        let draft = drafts[number]
        let definition = draft.match?.definition, criteriaID = draft.match?.criteria.id ?? ""
        let dependsOn = inOrder(draft.dependsOn), account = account(of: draft.identity)
        return ResourceNode(
            identity: draft.identity, guResID: context.guResID(of: draft.identity), definitionID: definition?.id ?? "",
            definitionVersionID: definition?.versionID ?? "", criteriaID: criteriaID,
            driverType: definition?.driverType ?? "", driverAccount: account,
            accountReference: account.flatMap { accounts?.accounts[$0]?.credentials }, params: draft.params ?? [:],
            driverInputs: definition?.driverInputs ?? DriverInputs(),
            dependsOn: dependsOn, selections: draft.selections,
            sharedValues: draft.sharedValues.sorted(), servicePorts: draft.servicePorts.isEmpty ? nil : draft.servicePorts,
            origin: draft.origin, explanation: draft.match?.explanation)
    }
}

/// The smallest number first.
private struct RankHeap {
    private var items: [Int] = []

    mutating func push(_ item: Int) {
        items.append(item)
        var child = items.count - 1
        while child > 0, items[child] < items[(child - 1) / 2] {
            items.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func pop() -> Int? {
        guard let first = items.first, let last = items.popLast() else { return nil }
        guard !items.isEmpty else { return first }
        items[0] = last
        var parent = 0
        while true {
            var smallest = parent
            for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && items[child] < items[smallest] {
                smallest = child
            }
            guard smallest != parent else { return first }
            items.swapAt(parent, smallest)
            parent = smallest
        }
    }
}
