import PlatformModel

/// Compose: a service becomes a workload, a known server a resource.
extension ScoreImporter {
    mutating func read(compose root: SourceNode, _ source: Source) throws(ImportRefusal) {
        var file = try ComposeFile(root, source, options: options, &log)
        noteRoot(root)
        let backings = Set(file.backings.map(\.service))
        var names: [String: String] = [:]
        for (service, _) in file.services where !backings.contains(service) {
            let name = workloadNames.take(ScoreName.label(service))
            names[service] = name
            if name != service { file.renamed[service] = name }
        }
        for (service, node) in file.services {
            if let name = names[service] {
                if name != service { log.changed(node, "the workload's name is '\(name)': others reach it by that name") }
                drafts.append(try workload(name, service, node, file))
            } else if let backing = file.backings.first(where: { $0.service == service }) {
                note(backing, node)
            }
        }
    }

    private mutating func noteRoot(_ root: SourceNode) {
        let handled: Set<String> = ["services", "version", "name", "configs", "secrets"]
        guard root["services"] != nil else { return }
        for (key, node) in root.entries ?? [] where !handled.contains(key) && !key.hasPrefix("x-") && !node.isNull {
            switch key {
            case "volumes":
                for (_, volume) in node.entries ?? [] where !(volume.entries ?? []).isEmpty {
                    log.dropped(
                        volume, "driver, options and outside name of a volume: the definition of the type 'volume' decides them")
                }
            case "networks": log.dropped(node, "networks: the workloads of an environment reach each other by their names")
            case "include":
                log.dropped(node, "other files are included: import them too, or resolve them with 'docker compose config'")
            default:
                log.unknown(node, among: ["services", "volumes", "networks", "configs", "secrets", "include", "version", "name"])
            }
        }
    }

    private mutating func note(_ backing: Backing, _ node: SourceNode) {
        // What a program without a password is given may want one.
        let hint =
            backing.passwords.isEmpty && !["postgres", "amqp"].contains(backing.image.type)
            ? "; it has no password here, and the platform's may want '${resources.\(ScoreName.label(backing.service)).password}'"
            : ""
        log.changed(
            node,
            "it becomes the resource '\(backing.image.type)' of the workloads that use it: the platform decides its version, storage and "
                + "settings (--workload \(backing.service) keeps it as it is)\(hint)")
        for volume in node["volumes"]?.elements ?? [] {
            let text = volume.text ?? volume["target"]?.text ?? ""
            guard text.contains("initdb.d") else { continue }
            log.dropped(volume, "the scripts that fill a new database: run them as a job of their own")
        }
    }

    private mutating func workload(
        _ name: String, _ service: String, _ node: SourceNode, _ file: ComposeFile
    ) throws(ImportRefusal) -> WorkloadDraft {
        var draft = WorkloadDraft(name: name), container = ContainerDraft()
        setImage(node, &container)
        try setVariables(node, file, &draft, &container)
        for (key, value) in node.entries ?? [] where !value.isNull {
            switch key {
            case "image", "build", "environment", "env_file", "extends", "profiles", "links": break
            case "command": container.args = words(value)
            case "entrypoint": container.command = words(value)
            case "ports", "expose": addPorts(value, isExposed: key == "expose", hasOthers: file.services.count > 1, &draft)
            case "volumes": addVolumes(value, file, &draft, &container)
            case "configs", "secrets": try addFiles(value, isSecret: key == "secrets", file, &draft, &container)
            case "healthcheck": setHealthcheck(value, &container)
            case "labels", "annotations": addLabels(value, &draft)
            case "deploy": addDeploy(value, &draft, &container)
            case "scale": setReplicas(value, &draft)
            case "mem_limit", "mem_reservation", "cpus": setAmount(key, value, &container)
            case "depends_on": noteDependencies(value, file)
            case "restart":
                if !["always", "unless-stopped"].contains(value.text ?? ""), !file.jobs.contains(service) {
                    log.dropped(
                        value,
                        "a workload starts again whenever it ends; one that is to end needs an extensions file with profile: "
                            + "humanitec/default-job")
                }
            default: noteOther(key, value)
            }
        }
        if file.jobs.contains(service) {
            draft.extensions["profile"] = "humanitec/default-job"
            draft.extensions["deploy"] = ["when": "before", "success": "complete"]
            log.changed(
                node, "others wait until it has ended: it becomes a job that runs before them; deploy it with its extensions file"
            )
        }
        draft.containers[ScoreName.label(service)] = container
        return draft
    }

    private mutating func setImage(_ node: SourceNode, _ container: inout ContainerDraft) {
        if let image = node["image"], let written = image.text, !written.isEmpty {
            let text = ComposeText(written)
            if text.variables.isEmpty, !text.plain.isEmpty {
                container.image = text.plain
                if !text.defaulted.isEmpty {
                    log.changed(image, "the image is '\(text.plain)', with the defaults of its variables")
                }
            } else {
                log.needed(image, "the image holds variables, which Score does not fill in; give it with --image at deploy time")
            }
            if let build = node["build"] { log.dropped(build, "Score does not build: build the image and push it first") }
        } else if let build = node["build"] {
            log.needed(build, "the image is built: push it, and give its name with --image at deploy time")
        } else {
            log.needed(node, "there is neither an image nor a build; give an image with --image at deploy time")
        }
    }

    /// A command line, as a text or a list.
    private mutating func words(_ node: SourceNode) -> [String]? {
        let texts = (node.texts ?? []).map { ComposeText($0) }
        for name in Set(texts.flatMap(\.variables)).sorted() {
            log.changed(node, "'\(name)' was filled in by Compose, and now stays as it is; Score fills in nothing in a command")
        }
        guard node.elements == nil else { return texts.map(\.plain) }
        guard let text = texts.first, let words = ShellWords.split(text.plain) else {
            log.wrong(node, "a list of words, or a command line with all its quotes closed, is needed")
            return nil
        }
        return words.isEmpty ? nil : words
    }

    private mutating func noteDependencies(_ node: SourceNode, _ file: ComposeFile) {
        let backings = Set(file.backings.map(\.service))
        for element in node.entries?.map(\.value) ?? node.elements ?? [] {
            let name = node.entries == nil ? element.text ?? "" : element.path.last ?? ""
            guard !backings.contains(name), !file.jobs.contains(name) else { continue }
            log.dropped(element, "workloads of a deployment start together: this one must try again until '\(name)' answers")
        }
    }

    /// Keys that Compose has and Score has nothing for.
    private mutating func noteOther(_ key: String, _ value: SourceNode) {
        if key.hasPrefix("x-") { return }
        guard let why = ComposeKeys.dropped[key] else { return log.unknown(value, among: ComposeKeys.all) }
        log.dropped(value, why)
    }
}
