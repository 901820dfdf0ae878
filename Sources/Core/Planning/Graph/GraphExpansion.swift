import PlatformModel

/// From a node to what its definition needs.
extension GraphBuilder {
    mutating func expand(_ number: Int) {
        let identity = drafts[number].identity
        switch match(identity) {
        case .unmatched(let problem, _):
            if isWorkload(identity) {
                // Nothing to provision: the workload is deployed as its profile renders it.
                drafts[number].params = nil
            } else {
                problems.append(asked(problem, drafts[number].origin))
            }
        case .matched(let match):
            drafts[number].match = match
            let definition = match.definition
            for placed in scan(definition) { link(number, placed, from: .definition(identity)) }
            for (key, how) in definition.provision.sorted(by: { $0.key < $1.key }) { provision(number, definition, key, how) }
        }
    }

    private mutating func match(_ identity: ResourceIdentity) -> MatchOutcome {
        guard !index.namesResources(ofType: identity.type) else { return index.match(identity, in: context) }
        let key = identity.type + "." + identity.class
        if var match = matches[key] {
            match.explanation.resource = identity.description
            return .matched(match)
        }
        let outcome = index.match(identity, in: context)
        if case .matched(let match) = outcome { matches[key] = match }
        return outcome
    }

    private func isWorkload(_ identity: ResourceIdentity) -> Bool {
        identity.class == "default" && identity.module.map { set.modules[$0] != nil } == true
    }

    private func asked(_ problem: Problem, _ origin: String) -> Problem {
        var problem = problem
        problem.message += " (asked for by \(origin))"
        return problem
    }

    private mutating func scan(_ definition: ResourceDefinition) -> [PlacedPlaceholder] {
        if let known = scans[definition.id] { return known }
        var scan = PlaceholderScan(owner: "definition '\(definition.id)'", prefix: ["driver_inputs", "values"])
        scan.walk(definition.driverInputs.values)
        var secrets = PlaceholderScan(owner: "definition '\(definition.id)'", prefix: ["driver_inputs", "secret_refs"])
        secrets.walk(definition.driverInputs.secretRefs)
        var account = PlaceholderScan(owner: "definition '\(definition.id)'", prefix: ["driver_account"])
        account.walk(.string(definition.driverAccount ?? ""))
        problems += scan.problems + secrets.problems + account.problems
        let found = scan.found + secrets.found + account.found
        scans[definition.id] = found
        return found
    }

    private mutating func provision(_ number: Int, _ definition: ResourceDefinition, _ key: String, _ how: CoProvision) {
        let identity = drafts[number].identity
        guard let reference = ResourceReference(key) else {
            problems.append(
                Problem(
                    code: "PLAN-106", path: "definition '\(definition.id)' provision.\(key)",
                    message: "is no reference; write TYPE, TYPE.CLASS or TYPE.CLASS#ID"))
            return
        }
        let origin = "definition '\(definition.id)', which provisions it with \(identity)"
        let companion = request(reference.inheriting(from: identity), origin: origin)
        guard companion != number else {
            problems.append(
                Problem(
                    code: "PLAN-106", path: "definition '\(definition.id)' provision.\(key)",
                    message: "names the resource itself (\(identity)); write another class or id"))
            return
        }
        give(how.params, to: companion, from: .definition(identity), origin: origin)
        drafts[number].companions.insert(companion)
        if how.isDependent { drafts[companion].dependsOn.insert(number) }
        if how.matchDependents { drafts[number].forDependents.append(companion) }
    }

    /// Notes what a placeholder of this node needs: a dependency, a selector, or a problem.
    mutating func link(_ number: Int, _ placed: PlacedPlaceholder, from source: PlaceholderSource) {
        do throws(LookupFailure) {
            let target = try grammar.target(of: placed.placeholder, from: source)
            switch target {
            case .outputs, .guResID, .account:
                guard let identity = target.resource else { return }
                let asker = drafts[number].identity
                drafts[number].dependsOn.insert(request(identity, origin: "\(asker), which refers to it"))
                guard checksOutputs, case .outputs(_, let path) = target, let output = path.first else { return }
                uses.append(OutputUse(asker: number, placed: placed, resource: identity, output: output))
            case .selected(let text, let selector, let anchor, _), .selectedGUResIDs(let text, let selector, let anchor):
                drafts[number].selectors[Self.selectorKey(text, anchor)] = (selector, anchor)
            case .value(let key, _):
                drafts[number].sharedValues.insert(key)
                guard !values.contains(key) else { return }
                throw LookupFailure(
                    "PLAN-102", "the environment has no shared value '\(key)'",
                    suggestion: grammar.suggests ? nearestName(to: key, among: values) : nil)
            case .servicePort(let workload, let path, let port):
                drafts[number].servicePorts["\(workload) \(path)"] = port
            case .context, .serviceName:
                return
            }
        } catch {
            problems.append(
                Problem(
                    code: error.code, path: "\(drafts[number].identity) \(placed.place)",
                    message: "'\(placed.placeholder)': \(error.reason)", suggestion: error.suggestion))
        }
    }

    /// One key for a selector however it is written: the anchor in full.
    static func selectorKey(_ text: String, _ anchor: ResourceIdentity) -> String {
        let mark = text.firstIndex { $0 == ">" || $0 == "<" } ?? text.endIndex
        return anchor.description + text[mark...]
    }
}
