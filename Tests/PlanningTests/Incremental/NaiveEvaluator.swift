import PlatformModel

/// The judge: makes everything of a set from nothing, in the plainest way, with no code of `Planning`. A secret is the text `<ref>`.
struct NaiveEvaluator {
    enum Refusal: Error, Hashable { case disagreeing(ResourceIdentity), circle([ResourceIdentity: Set<ResourceIdentity>]) }
    typealias Identity = ResourceIdentity
    enum Piece: Hashable {
        case text(String), value(String), output(Identity, [String]), selected(Identity, down: Bool, type: String, [String])
    }
    indirect enum Document: Hashable { case leaf(JSON), text([Piece]), members([String: Document]) }
    struct Node: Equatable {
        var definition: ResourceDefinition?, params: Document?
        var own: [String: Document] = [:], needs: Set<Identity> = [], selected: [Piece: [Identity]] = [:]
    }

    let set: DeploymentSet, definitions: [ResourceDefinition], values: [String: JSON], context = RandomPlatform.context
    private(set) var nodes: [Identity: Node] = [:]
    private(set) var outputs: [Identity: JSON] = [:], inputs: [Identity: JSON] = [:], workloads: [String: JSON] = [:]

    init(_ set: DeploymentSet, _ definitions: [ResourceDefinition], values: [String: JSON]) throws {
        (self.set, self.definitions, self.values) = (set, definitions, values)
        try build()
        while outputs.count < nodes.count {
            let ready = nodes.filter { outputs[$0.key] == nil && $0.value.needs.allSatisfy { outputs[$0] != nil } }
            if ready.isEmpty { throw Refusal.circle(nodes.mapValues(\.needs)) }
            for (identity, node) in ready { run(identity, node) }
        }
    }

    private mutating func build() throws {
        for (name, workload) in set.modules {
            let node = Identity(type: "workload", id: "modules.\(name)")
            let content: JSON = ["id": .string(name), "profile": .string(workload.profile), "spec": workload.spec]
            nodes[node, default: Node()].params = document(content, node, name)
            for (alias, request) in workload.externals {
                let identity = external(alias, of: name)
                try ask(for: identity, request.params.map { document($0, identity, name) })
            }
        }
        for (name, request) in set.shared { try ask(for: shared(name), request.params.map { document($0, shared(name)) }) }
        let isBased = definitions.contains { $0.type == "base-env" }
        if isBased { try ask(for: Identity(type: "base-env", id: "base-env"), nil) }
        try untilNothingNew { for identity in $0.nodes.keys { try $0.expand(identity) } }
        untilNothingNew {
            for (dependent, node) in $0.nodes { for resource in node.needs { $0.spread(resource, to: dependent) } }
        }
        for (identity, node) in nodes {
            for piece in node.own.values.flatMap(\.pieces) {
                guard case .selected(let anchor, let down, let type, _) = piece else { continue }
                let near = nodes.filter { down ? nodes[anchor]?.needs.contains($0.key) == true : $0.value.needs.contains(anchor) }
                let found = near.keys.filter { $0.type == type && $0 != identity }
                nodes[identity]?.selected[piece] = found.sorted { "\($0)" < "\($1)" }
            }
        }
        // What selectors find is an edge only once all of them have looked.
        for (identity, node) in nodes { nodes[identity]?.needs.formUnion(node.selected.values.flatMap { $0 }) }
    }

    private mutating func untilNothingNew(_ round: (inout Self) throws -> Void) rethrows {
        var before: [Identity: Node] = [:]
        while nodes != before {
            before = nodes
            try round(&self)
        }
    }

    private mutating func expand(_ identity: Identity) throws {
        let definition = match(identity), inputs = definition?.driverInputs ?? DriverInputs()
        let own = ["values": document(inputs.values, identity), "secrets": document(inputs.secretRefs, identity)]
        nodes[identity]?.definition = definition
        nodes[identity]?.own = own
        let written = [nodes[identity]?.params].compactMap { $0 } + (nodes[identity]?.own.values.map { $0 } ?? [])
        for case .output(let needed, _) in written.flatMap(\.pieces) {
            nodes[identity]?.needs.insert(needed)
            try ask(for: needed, nil)
        }
        for (key, how) in definition?.provision ?? [:] {
            let companion = reference(key, from: identity)
            try ask(for: companion, how.params.map { document($0, identity) })
            if how.isDependent { nodes[companion]?.needs.insert(identity) }
        }
    }

    private mutating func ask(for identity: Identity, _ params: Document?) throws {
        let present = nodes[identity, default: Node()].params
        if let present, let params, present != params { throw Refusal.disagreeing(identity) }
        nodes[identity, default: Node()].params = present ?? params
    }

    private mutating func spread(_ resource: Identity, to dependent: Identity) {
        let companions = (nodes[resource]?.definition?.provision ?? [:]).map { (reference($0.key, from: resource), $0.value) }
        if companions.contains(where: { $0.0 == dependent }) { return }
        for (companion, how) in companions where how.matchDependents { nodes[dependent]?.needs.insert(companion) }
    }

    private func match(_ identity: Identity) -> ResourceDefinition? {
        var best: (rank: Int, definition: ResourceDefinition)?
        for definition in definitions where definition.type == identity.type {
            for one in definition.criteria where one.class == identity.class {
                let wanted = [one.envType, one.appID, one.envID, one.resID]
                let actual = [context.envType, context.appID, context.envID, identity.id]
                guard zip(wanted, actual).allSatisfy({ $0 == nil || $0 == $1 }) else { continue }
                let rank = wanted.enumerated().reduce(0) { $0 + ($1.element == nil ? 0 : 1 << $1.offset) }
                if rank > best?.rank ?? -1 { best = (rank, definition) }
            }
        }
        return best?.definition
    }

    private func external(_ alias: String, of workload: String) -> Identity {
        identity(set.modules[workload]?.externals[alias], "modules.\(workload).externals.\(alias)")
    }

    private func shared(_ name: String) -> Identity { identity(set.shared[name], "shared.\(name)") }
    private func identity(_ request: ResourceRequest?, _ id: String) -> Identity {
        Identity(type: request?.type ?? "", class: request?.class ?? "default", id: request?.id.map { "shared.\($0)" } ?? id)
    }

    private func reference(_ text: String, from own: Identity) -> Identity {
        let halves = text.split(separator: "#").map(String.init), parts = halves[0].split(separator: ".").map(String.init)
        return Identity(type: parts[0], class: parts.count > 1 ? parts[1] : own.class, id: halves.count > 1 ? halves[1] : own.id)
    }

    private func document(_ value: JSON, _ own: Identity, _ workload: String = "") -> Document {
        switch value {
        case .string(let text): return .text(read(text, own, workload))
        case .object(let members):
            if let ref = members["ref"]?.string { return .text([.text("<\(ref)>")]) }
            if members.count == 1, let text = members["value"] { return document(text, own) }
            return .members(members.mapValues { document($0, own, workload) })
        default: return .leaf(value)
        }
    }

    private func read(_ text: String, _ own: Identity, _ workload: String) -> [Piece] {
        let parts = text.split(separator: "${", omittingEmptySubsequences: false).map(String.init)
        let rest = parts.dropFirst().flatMap { part in
            let halves = part.split(separator: "}", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            return [name(halves[0], own, workload), .text(halves[1])]
        }
        let all = ([.text(parts[0])] + rest).filter { $0 != .text("") }
        return all.isEmpty ? [.text("")] : all
    }

    private func name(_ text: String, _ own: Identity, _ workload: String) -> Piece {
        var names = text.replacing("['", with: ".").replacing("']", with: "").split(separator: ".").map(String.init)
        switch names.removeFirst() {
        case "values": return .value(names[0])
        case "shared": return .output(shared(names[0]), Array(names[1...]))
        case "externals": return .output(external(names[0], of: workload), Array(names[1...]))
        case "modules": return .output(external(names[2], of: names[0]), Array(names[3...]))
        case "resources":
            let end = names.firstIndex(of: "outputs") ?? 0, path = Array(names[(end + 1)...])
            let text = names[..<end].joined(separator: ".")
            guard let mark = text.firstIndex(where: { "<>".contains($0) }) else {
                return .output(reference(text, from: own), path)
            }
            let anchor = reference(String(text[..<mark]), from: own)
            return .selected(anchor, down: text[mark] == ">", type: String(text[mark...].dropFirst()), path)
        default: return .text(names == ["res", "id"] ? own.id : context.envID)
        }
    }

    private mutating func run(_ identity: Identity, _ node: Node) {
        let params = node.params.map { value($0, node) } ?? [:]
        if identity.type == "workload" { workloads[String(identity.id.dropFirst("modules.".count))] = params["spec"] }
        let own = node.own.mapValues { value($0, node) }
        inputs[identity] = ["params": params, "values": own["values"] ?? [:], "secrets": own["secrets"] ?? [:]]
        outputs[identity] = node.definition.map { SimulatedDriver.outputs(identity, $0.id, inputs[identity] ?? .null) } ?? [:]
    }

    private func value(_ document: Document, _ node: Node) -> JSON {
        switch document {
        case .leaf(let value): return value
        case .members(let members): return .object(members.mapValues { value($0, node) })
        case .text(let pieces):
            func output(_ of: Identity, _ path: [String]) -> JSON { path.reduce(outputs[of] ?? .null) { $0[$1] ?? .null } }
            let parts = pieces.map { piece -> JSON in
                switch piece {
                case .text(let text): .string(text)
                case .value(let key): values[key] ?? .null
                case .output(let identity, let path): output(identity, path)
                case .selected(_, _, _, let path): .array((node.selected[piece] ?? []).map { output($0, path) })
                }
            }
            return parts.count == 1 ? parts[0] : .string(parts.map { $0.string ?? $0.canonical }.joined())
        }
    }
}

extension NaiveEvaluator.Document {
    var pieces: [NaiveEvaluator.Piece] {
        switch self {
        case .leaf: []
        case .text(let pieces): pieces
        case .members(let members): members.values.flatMap(\.pieces)
        }
    }
}
