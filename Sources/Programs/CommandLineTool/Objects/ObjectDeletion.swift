import HTTPTypes
import PlatformModel
import ServiceAPI

/// Takes one object away: what goes with it, the order, and the wait until it is gone.
struct ObjectDeletion: Sendable {
    let session: Session
    let force: Bool
    let timeout: Duration

    /// What will go, one line each.
    /// - Throws: Not found.
    func preview(_ noun: Noun, _ id: String) async throws -> [String] {
        let path = try path(noun, id)
        switch noun {
        case .app:
            let app = try await session.gateway.get(path)
            var lines = ["application \(id)"]
            let holders = try await dataHolders()
            for env in app["envs"]?.array ?? [] {
                let name = env["id"]?.string ?? ""
                lines.append("  environment \(name) (\(env["type"]?.string ?? ""))")
                lines += try await standing(path + "/envs/" + HTTPCall.segment(name), holders).map { "    \($0)" }
            }
            return lines
        case .env:
            let env = try await session.gateway.get(path)
            let standing = try await standing(path, try await dataHolders())
            return ["environment \(id) (\(env["type"]?.string ?? ""))"] + standing.map { "  \($0)" }
        case .def:
            let definition = try await session.gateway.get(path)
            let criteria = (definition["criteria"]?.array ?? []).map { "  criterion \(Noun.criterion($0))" }
            return ["definition \(id) (\(definition["type"]?.string ?? ""))"] + criteria
        case .envType:
            _ = try await session.gateway.get(path)
            return ["environment type \(id)"]
        case .secretstore:
            let store = try await session.gateway.get(path)
            return ["secret store \(id) (\(TextStyle.printable(store["vault"]?["url"]?.string ?? "built-in")))"]
        case .account:
            let account = try await session.gateway.get(path)
            return ["account \(id) (\(TextStyle.printable(account["type"]?.string ?? ""))), with its credentials"]
        case .oidcTrust:
            let trust = try await session.gateway.get(path)
            return [TextStyle.printable("trust \(id) in \(trust["issuer"]?.string ?? ""); the tokens that it gave end")]
        case .driver:
            let driver = try await session.gateway.get(path)
            return ["driver \(id) (\(TextStyle.printable(driver["target"]?.string ?? "")))"]
        case .profile:
            let profile = try await session.gateway.get(path)
            return ["profile \(TextStyle.printable(profile["id"]?.string ?? id)), all versions"]
        case .resource, .value, .token, .type, .resourceClass:
            let all = try await session.gateway.get(try noun.path(session)).array ?? []
            guard all.contains(where: { noun.id(of: $0) == id }) else {
                throw CommandFailure(.notFound, "there is no \(noun.rawValue) '\(id)' here, or you may not see it")
            }
            return ["\(noun.rawValue) \(id)"]
        case .user, .group, .invitation:
            let holder = try await session.gateway.get(path)
            let kind = holder["type"] == "service" ? "service user" : noun.rawValue
            let tokens = holder["type"] == "service" ? "; its tokens end" : ""
            return [
                TextStyle.printable(
                    "\(kind) \(holder["name"]?.string ?? id) (\(holder["id"]?.string ?? id)), with every role in the organisation\(tokens)"
                )
            ]
        case .rollout, .deploy, .deletion, .plan, .drift, .intervention, .delta, .set, .org, .limit:
            throw CommandFailure.usage("a \(noun.rawValue) cannot be deleted")
        }
    }

    func delete(_ noun: Noun, _ id: String, wait: Bool) async throws {
        let path = try path(noun, id)
        try await session.gateway.send(.delete, path, query: force ? [("force", "true")] : [])
        guard wait, [.app, .env, .resource].contains(noun) else {
            session.printer.done("\(noun.rawValue) \(id)", [.app, .env, .resource].contains(noun) ? "deleting" : "deleted")
            return
        }
        try await waitUntilGone(noun, id, path)
        session.printer.done("\(noun.rawValue) \(id)", "deleted")
    }

    /// - Throws: Why an environment of an application that goes does not.
    private func refuseStopped(_ application: JSON, _ path: String) async throws(CommandFailure) {
        for environment in application["envs"]?.array ?? [] {
            let id = environment["id"]?.string ?? ""
            let message = try await session.gateway.find("\(path)/envs/\(HTTPCall.segment(id))")?["status_message"]?.string ?? ""
            guard !Environment.deletionStopped(message) else {
                throw CommandFailure(.failed, "environment '\(id)': \(message)")
            }
        }
    }

    /// - Throws: Why a resource that still stands does not go.
    private func refuseEnded(_ id: String) async throws(CommandFailure) {
        let all = try await session.gateway.find(try Noun.deletion.path(session))?.array ?? []
        guard let newest = all.first(where: { $0["object"]?.string == id }), newest["status"] == "failed" else { return }
        let errors = try session.gateway.read([DeploymentError].self, newest["errors"] ?? [])
        throw CommandFailure(.failed, "resource '\(id)' still stands", details: errors.map(DeploymentWatch.line))
    }

    private func path(_ noun: Noun, _ id: String) throws(CommandFailure) -> String {
        if noun == .resourceClass { return try Noun.classPath(id, session) }
        if noun == .invitation { return try Noun.user.path(session) + "/\(HTTPCall.segment(id))" }
        let base = try noun.path(session)
        guard noun == .resource else { return "\(base)/\(HTTPCall.segment(id))" }
        guard let hash = id.firstIndex(of: "#"), hash != id.startIndex else {
            throw .usage("a resource is named type.class#id, as 'martlet resources' shows it; this is '\(id)'")
        }
        return "\(base)/\(HTTPCall.segment(String(id[..<hash])))/\(HTTPCall.segment(String(id[id.index(after: hash)...])))"
    }

    private func resources(_ environmentPath: String) async throws(CommandFailure) -> [String] {
        (try await session.gateway.get(environmentPath + "/resources").array ?? []).map(Noun.identity).sorted()
    }

    /// One line for each thing that stands: workloads first, as they go.
    private func standing(_ environmentPath: String, _ holders: Set<String>) async throws(CommandFailure) -> [String] {
        let all = (try await session.gateway.get(environmentPath + "/resources").array ?? []).sorted { left, right in
            Noun.identity(of: left) < Noun.identity(of: right)
        }
        let workloads = all.compactMap { resource -> String? in
            guard resource["type"]?.string == "workload", let id = resource["res_id"]?.string else { return nil }
            return "workload \(id.hasPrefix("modules.") ? String(id.dropFirst("modules.".count)) : id)"
        }
        let resources = all.filter { $0["type"]?.string != "workload" }.map { resource in
            let note = force ? " (with its data)" : " (while it holds data it stays, and stops the deletion)"
            return "resource \(Noun.identity(of: resource))" + (holders.contains(resource["type"]?.string ?? "") ? note : "")
        }
        return (workloads + resources).map(TextStyle.printable)
    }

    /// The resource types of things that keep data.
    private func dataHolders() async throws(CommandFailure) -> Set<String> {
        let types = try await session.gateway.find(try Noun.type.path(session))?.array ?? []
        let keeping: Set<String> = ["database", "datastore", "storage", "message-queue"]
        return Set(types.filter { keeping.contains($0["category"]?.string ?? "") }.compactMap { $0["type"]?.string })
    }

    /// Says what goes as it goes.
    private func waitUntilGone(_ noun: Noun, _ id: String, _ path: String) async throws {
        let deadline = ContinuousClock.now + timeout
        var left: Set<String>?
        var told = ""
        while true {
            if noun == .resource {
                let all = try await session.gateway.get(try Noun.resource.path(session)).array ?? []
                if !all.contains(where: { Noun.identity(of: $0) == id }) { return }
                try await refuseEnded(id)
            } else {
                guard let object = try await session.gateway.find(path) else { return }
                let message = object["status_message"]?.string ?? ""
                if Environment.deletionStopped(message) {
                    throw CommandFailure(.failed, "\(noun.rawValue) '\(id)': \(message)")
                }
                if !message.isEmpty, message != told { session.printer.note(TextStyle.printable(message)) }
                told = message
                if noun == .app { try await refuseStopped(object, path) }
                if noun == .env, let present = try? await resources(path) {
                    for gone in (left ?? Set(present)).subtracting(present).sorted() {
                        session.printer.note("resource \(gone) deleted")
                    }
                    left = Set(present)
                }
            }
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(.timeout, "\(noun.rawValue) '\(id)' is still going; it goes on without this command")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
