import PlatformModel

/// How a service runs: its health, its share of the machine, how many of it.
extension ScoreImporter {
    mutating func setHealthcheck(_ node: SourceNode, _ container: inout ContainerDraft) {
        if node["disable"]?.bool == true { return }
        for (key, value) in node.entries ?? [] where !["test", "disable"].contains(key) && !value.isNull {
            if ["interval", "timeout", "retries", "start_period", "start_interval"].contains(key) {
                log.dropped(value, "the platform's own intervals and limits of probes count")
            } else {
                log.unknown(
                    value, among: ["test", "interval", "timeout", "retries", "start_period", "start_interval", "disable"])
            }
        }
        guard let test = node["test"] else { return }
        let words = (test.texts ?? []).map { ComposeText($0).plain }
        let command: [String]
        if test.elements == nil {
            command = ["/bin/sh", "-c"] + words
        } else {
            switch words.first {
            case "NONE": return
            case "CMD": command = Array(words.dropFirst())
            case "CMD-SHELL": command = ["/bin/sh", "-c"] + words.dropFirst()
            default:
                return log.wrong(test, "a list begins with CMD, CMD-SHELL or NONE")
            }
        }
        guard !command.isEmpty else { return log.wrong(test, "the command is missing") }
        container.readinessProbe = ["exec": ["command": .array(command.map { .string($0) })]]
    }

    mutating func addLabels(_ node: SourceNode, _ draft: inout WorkloadDraft) {
        for entry in ComposeEnvironment.entries(of: node) {
            guard ScoreName.isAnnotationKey(entry.name) else {
                log.dropped(entry.node, "the key of an annotation in Score is [DOMAIN/]NAME, and this one is not")
                continue
            }
            draft.annotations[entry.name] = entry.value?.plain ?? ""
        }
    }

    mutating func addDeploy(_ node: SourceNode, _ draft: inout WorkloadDraft, _ container: inout ContainerDraft) {
        for (key, value) in node.entries ?? [] where !value.isNull {
            switch key {
            case "replicas": setReplicas(value, &draft)
            case "resources":
                for (key, amounts) in value.entries ?? [] {
                    guard key == "limits" || key == "reservations" else {
                        log.unknown(amounts, among: ["limits", "reservations"])
                        continue
                    }
                    for (name, amount) in amounts.entries ?? [] where !amount.isNull {
                        setAmount(name, amount, isLimit: key == "limits", &container)
                    }
                }
            case "mode" where value.text == "replicated": break
            case "labels": log.dropped(value, "labels of a swarm's service; give labels to the service itself")
            case "mode", "update_config", "rollback_config", "restart_policy", "placement", "endpoint_mode":
                log.dropped(value, "it tells a swarm how to run it; the platform has its own way")
            default:
                log.unknown(
                    value,
                    among: [
                        "replicas", "resources", "labels", "mode", "update_config", "rollback_config", "restart_policy",
                        "placement",
                        "endpoint_mode",
                    ])
            }
        }
    }

    /// `mem_limit`, `mem_reservation`, `cpus`: the older places of what `deploy.resources` has.
    mutating func setAmount(_ key: String, _ node: SourceNode, _ container: inout ContainerDraft) {
        setAmount(key == "cpus" ? "cpus" : "memory", node, isLimit: key != "mem_reservation", &container)
    }

    private mutating func setAmount(_ name: String, _ node: SourceNode, isLimit: Bool, _ container: inout ContainerDraft) {
        guard name == "cpus" || name == "memory" else {
            return log.dropped(node, "Score knows amounts of cpu and memory; a definition of the type 'workload' can set others")
        }
        let text = node.text.map { ComposeText($0).plain } ?? ""
        if text == "0" || text == "0.0" { return }
        guard let amount = name == "cpus" ? ScoreQuantity.cpu(text) : ScoreQuantity.memory(compose: text) else {
            return log.wrong(node, "an amount such as \(name == "cpus" ? "0.5" : "512m") is needed")
        }
        let key = name == "cpus" ? "cpu" : "memory"
        if isLimit { container.limits[key] = amount } else { container.requests[key] = amount }
    }

    /// Score has no number of replicas; the extensions file has.
    mutating func setReplicas(_ node: SourceNode, _ draft: inout WorkloadDraft) {
        guard let number = node.int ?? node.text.flatMap({ Int(ComposeText($0).plain) }), (0...1000).contains(number) else {
            return log.wrong(node, "a whole number up to 1000 is needed")
        }
        if number == 1 { return }
        draft.extend("replicas", .int(Int64(number)))
        log.changed(node, "\(number) replicas stand in the extensions file, since Score has no number of them")
    }
}
