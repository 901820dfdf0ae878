import PlatformModel
import TestSupport

/// Sets, definitions and shared values by chance, and changes to them. Names are always valid; params may disagree and references may
/// run in circles.
struct RandomPlatform {
    static let types = (0..<5).map { "t\($0)" }
    static let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")

    var set = DeploymentSet()
    var definitions: [ResourceDefinition] = []
    var values: [String: JSON] = [:]
    private var random: SplitMix
    private var version = 0

    init(seed: UInt64) {
        random = SplitMix(seed: seed)
        for key in ["A", "B"] { values[key] = "first" }
        for name in ["s0", "s1"] {
            let asked = request()
            set.shared[name] = asked
        }
        for name in ["w0", "w1", "w2"].prefix(1 + number(3)) {
            let made = workload()
            set.modules[name] = made
        }
        for type in Self.types.indices { definitions += makers(of: type) }
        if chance(30) { definitions.append(definition("base", "base-env", 0, [MatchingCriteria(id: "any")])) }
        if chance(20) { definitions.append(definition("work", "workload", 5, [MatchingCriteria(id: "any")])) }
        // Workloads added later refer to no other than those that were there.
        for name in set.modules.keys.sorted() {
            let other = peer()
            set.modules[name]?.spec["variables"]?["PEER"] = other
        }
    }

    /// One change that a day brings.
    mutating func change() {
        switch number(7) {
        case 0:
            let count = number(5)
            set.modules["w0"]?.spec["replicas"] = .int(Int64(count))
        case 1, 2:
            let mark = number(1000)
            values[mark.isMultiple(of: 2) ? "A" : "B"] = .string("v\(mark)")
        case 3:
            let index = number(definitions.count), mark = number(1000), version = nextVersion()
            definitions[index].driverInputs.values["own"] = .int(Int64(mark))
            definitions[index].versionID = version
        case 4:
            // What stood without it may be unused now.
            let made = set.modules["w9"] == nil ? workload() : nil
            set.modules["w9"] = made
        case 5:
            // Another definition may match from now on.
            guard
                let index = definitions.indices.filter({ definitions[$0].id.hasSuffix("-special") }).randomElement(using: &random)
            else { return }
            definitions[index].criteria =
                definitions[index].criteria.isEmpty ? [MatchingCriteria(id: "special", appID: "shop")] : []
        default:
            let size = number(3)
            set.shared["s0"]?.params = ["size": .int(Int64(size))]
        }
    }

    mutating func chance(_ percent: Int) -> Bool { number(100) < percent }

    private mutating func number(_ limit: Int) -> Int { Int.random(in: 0..<limit, using: &random) }

    private mutating func nextVersion() -> String {
        version += 1
        return "v\(version)"
    }

    // MARK: Sets

    private mutating func workload() -> Workload {
        var externals: [String: ResourceRequest] = [:]
        for alias in ["e0", "e1", "e2"].prefix(number(4)) { externals[alias] = request() }
        if externals.count > 1, chance(30) { externals["e1"]?.params = ["near": "${externals.e0.x}"] }
        if externals.count > 1, chance(8) { externals["e0"]?.params = ["near": "${externals.e1.s}"] }
        var variables: [String: JSON] = ["ENV": "${context.env.id}-${context.res.id}", "PLAIN": "text"]
        for alias in externals.keys.sorted() {
            variables["V\(alias)"] = .string(["${externals.\(alias).x}", "a ${externals.\(alias).s} ${values.A}"][number(2)])
        }
        if chance(50) { variables["SHARED"] = "${shared.s0.o} ${shared.s1.n}" }
        if chance(30) { variables["ALONE"] = "${shared.s1.n}" }
        if chance(40) { variables["VALUE"] = "${values.B}" }
        return Workload(profile: "humanitec/default-module", spec: ["variables": .object(variables)], externals: externals)
    }

    /// One dependency of another workload.
    private mutating func peer() -> JSON {
        let all = set.modules.sorted { $0.key < $1.key }.flatMap { name, workload in
            workload.externals.keys.sorted().map { "${modules.\(name).externals.\($0).x}" }
        }
        return .string(all.randomElement(using: &random) ?? "none")
    }

    private mutating func request() -> ResourceRequest {
        let params: [JSON?] = [nil, nil, nil, ["size": 1], ["size": 1], ["size": 2]]
        let size = params[number(params.count)]
        guard chance(40) else {
            return ResourceRequest(type: Self.types[number(Self.types.count)], class: chance(25) ? "c" : nil, params: size)
        }
        // An id mostly stands for one resource that several ask for.
        let id = number(3)
        return ResourceRequest(
            type: "t\(chance(80) ? id : number(5))", class: chance(10) ? "c" : nil, id: "s\(id)", params: chance(60) ? nil : size)
    }

    // MARK: Definitions

    /// A definition that matches everything, and mostly one that is more special.
    private mutating func makers(of type: Int) -> [ResourceDefinition] {
        let any = [MatchingCriteria(id: "any"), MatchingCriteria(id: "c", class: "c")]
        var all = [definition("t\(type)-any", "t\(type)", type, any)]
        if chance(50) {
            let special: [MatchingCriteria] = [
                MatchingCriteria(id: "1", envType: "development"), MatchingCriteria(id: "2", appID: "shop", class: "c"),
                MatchingCriteria(id: "3", envID: "prod"), MatchingCriteria(id: "4", envType: "development", resID: "shared.s0"),
            ]
            all.append(definition("t\(type)-special", "t\(type)", type, [special[number(special.count)]]))
        }
        return all
    }

    /// Refers to types of a lower number, rarely to any.
    private mutating func definition(
        _ id: String, _ type: String, _ rank: Int, _ criteria: [MatchingCriteria]
    ) -> ResourceDefinition {
        var inputs: [String: JSON] = ["own": .int(Int64(number(9)))]
        var secrets: [String: JSON] = chance(30) ? ["key": ["ref": "kv/key"]] : [:]
        for other in Self.types.indices where chance(other < rank ? 25 : 2) {
            inputs["r\(other)"] = .string(reference(other))
            if chance(20) { secrets["m\(other)"] = ["value": .string("p=${resources.t\(other).outputs.s}")] }
        }
        if chance(25) { inputs["value"] = "at ${values.B}" }
        let low = number(3), high = low + 1 + number(2)
        if chance(rank > high ? 40 : 8) { inputs["down"] = .string("${resources['t\(high)>t\(low)'].outputs.x}") }
        if chance(rank > high ? 40 : 8) { inputs["up"] = .string("${resources.t\(low)<t\(high).outputs.n}") }
        if chance(10) { inputs["users"] = .string("${resources.workload>t\(number(5)).outputs.s}") }
        var provision: [String: CoProvision] = [:]
        for other in Self.types.indices where "t\(other)" != type && chance(9) {
            let key = ["t\(other)", "t\(other).c", "t\(other)#pool"][number(3)]
            provision[key] = CoProvision(
                isDependent: chance(50), matchDependents: chance(50), params: chance(20) ? ["from": "${context.res.id}"] : nil)
        }
        return ResourceDefinition(
            id: id, name: id, type: type, driverType: "martlet/echo",
            driverInputs: DriverInputs(values: .object(inputs), secretRefs: .object(secrets)), criteria: criteria,
            provision: provision, versionID: nextVersion())
    }

    private mutating func reference(_ type: Int) -> String {
        [
            "${resources.t\(type).outputs.x}", "with ${resources['t\(type).c'].outputs.s}!",
            "${resources.t\(type)#pool.outputs.o.y}",
            "${resources['t\(type).default#shared.s1'].outputs.o}",
        ][number(4)]
    }
}
