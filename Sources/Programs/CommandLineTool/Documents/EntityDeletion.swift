import HTTPTypes
import PlatformModel
import ServiceAPI
import YAML

/// Takes away what documents describe, dependents first.
struct EntityDeletion: Sendable {
    let session: Session
    let force: Bool
    let yes: Bool
    let wait: Bool
    let timeout: Duration

    func run(_ documents: [EntityDocument]) async throws {
        var present: [EntityDocument] = []
        for document in documents.reversed() {
            if try await stands(document) {
                present.append(document)
                for line in try await preview(document) { session.printer.note(line) }
            } else {
                session.printer.done(document.title, "absent")
            }
        }
        guard !present.isEmpty else { return }
        try session.host.confirm("Delete \(present.count == 1 ? "it" : "all \(present.count)")?", yes: yes)
        for document in present {
            try await session.gateway.send(.delete, try path(document), query: force ? [("force", "true")] : [])
            let lingers = document.kind == .application || document.kind == .environment
            if lingers, wait { try await waitUntilGone(document) }
            session.printer.done(document.title, lingers && !wait ? "deleting" : "deleted")
        }
    }

    private func path(_ document: EntityDocument) throws(CommandFailure) -> String {
        let base =
            switch document.kind {
            case .resourceClass: try EntityApplication.classes(of: document, session)
            case .environmentType: try Noun.envType.path(session)
            case .resourceType: try Noun.type.path(session)
            case .application: try Noun.app.path(session)
            case .environment: try EntityApplication.environments(of: document, session)
            case .definition: try Noun.def.path(session)
            case .driver: try Noun.driver.path(session)
            case .workloadProfile: try Noun.profile.path(session)
            }
        return base + "/" + HTTPCall.segment(document.id)
    }

    private func stands(_ document: EntityDocument) async throws -> Bool {
        guard document.kind == .resourceType else { return try await session.gateway.find(try path(document)) != nil }
        // There is only a list of them.
        let all = try await session.gateway.get(try Noun.type.path(session)).array ?? []
        return all.contains { $0["type"]?.string == document.id }
    }

    private func preview(_ document: EntityDocument) async throws -> [String] {
        guard document.kind == .application || document.kind == .environment else { return [document.title] }
        let path = try path(document)
        let environments =
            document.kind == .environment
            ? [path]
            : (try await session.gateway.get(path)["envs"]?.array ?? []).map {
                path + "/envs/" + HTTPCall.segment($0["id"]?.string ?? "")
            }
        var lines = [document.title]
        for environment in environments {
            let resources = try await session.gateway.get(environment + "/resources").array ?? []
            lines += resources.map { "  resource \(Noun.identity(of: $0))" }
        }
        return lines
    }

    private func waitUntilGone(_ document: EntityDocument) async throws {
        let deadline = ContinuousClock.now + timeout
        while try await session.gateway.find(try path(document)) != nil {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(.timeout, "the \(document.title) is still going; it goes on without this command")
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
