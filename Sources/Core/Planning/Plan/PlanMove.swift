import PlatformModel

/// One thing that is no longer what it was when a plan was made.
package struct PlanMove: Sendable, Hashable, Codable, CustomStringConvertible {
    package enum Member: String, Sendable, Hashable, Codable {
        /// What is deployed, or what it was made on.
        case set
        case definition, criterion
        /// Which resources there are, and how they depend on each other.
        case graph
        /// A shared value.
        case value
        /// An active resource.
        case resource
        /// A workload that runs.
        case workload
        /// Another deployment of the environment, which moves all of it.
        case deployment
    }

    package var member: Member
    /// Which one, by the name that people know; empty where there is only one.
    package var id: String
    package var message: String

    package init(_ member: Member, _ id: String, _ message: String) {
        self.member = member
        self.id = id
        self.message = message
    }

    package var description: String { "\(member.rawValue)\(id.isEmpty ? "" : " " + id) \(message)" }

    /// What is listed at most.
    package static let limit = 50
}

extension DeploymentPlan {
    /// What moved since this plan was made, seen from the plan that the same request gives now: empty exactly when it still holds.
    package func moved(to now: DeploymentPlan) -> [PlanMove] {
        let words = basis.moved(to: now.basis)
        guard !words.isEmpty else { return [] }
        var moves: [PlanMove] = []
        if basis.set != now.basis.set {
            moves.append(PlanMove(.set, "", "is \(now.basis.set) now, it was \(basis.set)"))
        } else if basis.graph != now.basis.graph {
            moves += graphMoves(now)
        }
        moves += memberMoves(now)
        if moves.isEmpty { moves = words.map { PlanMove(.graph, "", "\($0) is not what it was") } }
        var seen: Set<PlanMove> = []
        return Array(moves.filter { seen.insert($0).inserted }.prefix(PlanMove.limit))
    }

    private func graphMoves(_ now: DeploymentPlan) -> [PlanMove] {
        let old = Dictionary(nodes.map { ($0.node.identity, $0.node) }, uniquingKeysWith: { first, _ in first })
        let new = Dictionary(now.nodes.map { ($0.node.identity, $0.node) }, uniquingKeysWith: { first, _ in first })
        return Set(old.keys).union(new.keys).sorted().compactMap { identity in
            switch (old[identity], new[identity]) {
            case (let old?, let new?): Self.move(of: identity, old, new)
            case (nil, let new?): PlanMove(.graph, "\(identity)", "is asked for now, by \(new.origin)")
            case (_, nil): PlanMove(.graph, "\(identity)", "is asked for no more")
            }
        }
    }

    /// Nil where the node is the same.
    private static func move(of identity: ResourceIdentity, _ old: ResourceNode, _ new: ResourceNode) -> PlanMove? {
        if old.definitionID != new.definitionID {
            let name = { (id: String) in id.isEmpty ? "no definition" : "definition '\(id)'" }
            return PlanMove(
                .criterion, new.criteriaID.isEmpty ? old.criteriaID : new.criteriaID,
                "\(identity) matches \(name(new.definitionID)) now, it matched \(name(old.definitionID))")
        }
        if old.criteriaID != new.criteriaID {
            return PlanMove(
                .criterion, old.criteriaID,
                "no longer decides that \(identity) is made by '\(new.definitionID)'; \(new.criteriaID) does")
        }
        if old.definitionVersionID != new.definitionVersionID || old.driverType != new.driverType {
            return PlanMove(.definition, new.definitionID, "has another version")
        }
        if old.params != new.params { return PlanMove(.graph, "\(identity)", "has other params") }
        if old.dependsOn != new.dependsOn { return PlanMove(.graph, "\(identity)", "depends on other resources") }
        return nil
    }

    private func memberMoves(_ now: DeploymentPlan) -> [PlanMove] {
        let old = basis.members, new = now.basis.members
        return Set(old.keys).union(new.keys).sorted().compactMap { key in
            guard old[key] != new[key] else { return nil }
            let parts = key.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2, let member = PlanMove.Member(rawValue: parts[0]) else { return nil }
            return PlanMove(
                member, parts[1], old[key] == nil ? "is there now" : new[key] == nil ? "is gone" : "is not what it was")
        }
    }
}
