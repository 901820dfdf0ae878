import HTTPTypes
import PlatformModel
import ServiceAPI
import YAML

/// Makes objects what their documents say, and says what had to be done.
struct EntityApplication: Sendable {
    enum Outcome: String { case created, updated, unchanged }

    let session: Session

    /// Goes on after one that failed; the first failure's status is thrown at the end.
    func run(_ documents: [EntityDocument]) async throws {
        var first: CommandFailure?, details: [String] = []
        for document in documents {
            do {
                session.printer.done(document.title, try await apply(document).rawValue)
            } catch let failure as CommandFailure {
                first = first ?? failure
                details.append("\(document.file):\(document.mark.line): \(document.title): \(failure.message)")
                details += failure.details.map { "  " + $0 }
            }
        }
        guard let first else { return }
        throw CommandFailure(first.status, "not everything could be applied", details: details)
    }

    private func apply(_ document: EntityDocument) async throws -> Outcome {
        switch document.kind {
        case .definition: try await definition(document)
        case .environmentType:
            try await create(document, in: Noun.envType.path(session), body: document.entity, key: "id")
        case .resourceType: try await resourceType(document)
        case .resourceClass: try await resourceClass(document)
        case .driver: try await driver(document)
        case .workloadProfile: try await profile(document)
        case .application:
            try await create(document, in: Noun.app.path(session), body: applicationBody(document), key: "id")
        case .environment:
            try await create(document, in: Self.environments(of: document, session), body: named(document), key: "id")
        }
    }

    static func environments(of document: EntityDocument, _ session: Session) throws(CommandFailure) -> String {
        try session.organization() + "/apps/" + HTTPCall.segment(document.appID ?? "") + "/envs"
    }

    static func classes(of document: EntityDocument, _ session: Session) throws(CommandFailure) -> String {
        try Noun.type.path(session) + "/" + HTTPCall.segment(document.resourceType ?? "") + "/classes"
    }

    private func resourceClass(_ document: EntityDocument) async throws -> Outcome {
        let path = try Self.classes(of: document, session), own = "\(path)/\(HTTPCall.segment(document.id))"
        guard let present = try await session.gateway.look(own) else {
            var body = document.entity
            body["id"] = .string(document.id)
            try await session.gateway.send(.post, path, body: body)
            return .created
        }
        guard !EntityComparison.sameFields(present.body, document.entity).isEmpty else { return .unchanged }
        try await session.gateway.exchange(.patch, own, body: document.entity, reading: present)
        return .updated
    }

    private func definition(_ document: EntityDocument) async throws -> Outcome {
        let path = try Noun.def.path(session), own = "\(path)/\(HTTPCall.segment(document.id))"
        var body = document.entity
        guard var read = try await session.gateway.look(own) else {
            body["id"] = .string(document.id)
            try await session.gateway.send(.post, path, body: body)
            return .created
        }
        let present = read.body
        if let type = present["type"]?.string, type != body["type"]?.string {
            throw CommandFailure(
                .conflict, "its type is '\(type)' and cannot change; delete it first, or give the new one another id")
        }
        var outcome = Outcome.unchanged
        if !EntityComparison.sameDefinition(present, body) {
            var change = body
            change["type"] = nil
            change["criteria"] = nil
            read = try await session.gateway.exchange(.put, own, body: change, reading: read)
            outcome = .updated
        }
        // A document without criteria leaves them to whoever manages them.
        if let criteria = body["criteria"], !EntityComparison.sameCriteria(present, body) {
            try await session.gateway.exchange(.put, own + "/criteria", body: criteria, reading: read)
            outcome = .updated
        }
        return outcome
    }

    /// What the API can make but not change.
    private func create(_ document: EntityDocument, in path: String, body: JSON, key: String) async throws -> Outcome {
        guard let present = try await session.gateway.find("\(path)/\(HTTPCall.segment(document.id))") else {
            var body = body
            body[key] = .string(document.id)
            try await session.gateway.send(.post, path, body: body)
            return .created
        }
        return try unchanged(present, document)
    }

    private func resourceType(_ document: EntityDocument) async throws -> Outcome {
        let path = try Noun.type.path(session)
        let all = try await session.gateway.get(path).array ?? []
        guard let present = all.first(where: { $0["type"]?.string == document.id }) else {
            var body = document.entity
            body["type"] = .string(document.id)
            if body["name"] == nil { body["name"] = .string(document.id) }
            if body["category"] == nil { body["category"] = "" }
            try await session.gateway.send(.post, path, body: body)
            return .created
        }
        guard !EntityComparison.sameFields(present, document.entity).isEmpty else { return .unchanged }
        // What the document leaves out stays.
        try await session.gateway.send(.patch, "\(path)/\(HTTPCall.segment(document.id))", body: document.entity)
        return .updated
    }

    private func driver(_ document: EntityDocument) async throws -> Outcome {
        let path = try Noun.driver.path(session), own = "\(path)/\(HTTPCall.segment(document.id))"
        var body: JSON = ["type": "", "inputs_schema": [:], "account_types": []]
        for (key, value) in document.entity.object ?? [:] { body[key] = value }
        guard let read = try await session.gateway.look(own) else {
            body["id"] = .string(document.id)
            try await session.gateway.send(.post, path, body: body)
            return .created
        }
        let present = read.body
        let isWithoutTemplate = document.entity["template"] == nil && (present["template"]?.string ?? "").isEmpty
        guard !EntityComparison.sameFields(present, body).isEmpty || document.entity["template"] == nil && !isWithoutTemplate
        else {
            return .unchanged
        }
        try await session.gateway.exchange(.put, own, body: body, reading: read)
        return .updated
    }

    private func profile(_ document: EntityDocument) async throws -> Outcome {
        let path = try Noun.profile.path(session), own = "\(path)/\(HTTPCall.segment(document.id))"
        guard let present = try await session.gateway.look(own) else {
            var body = document.entity
            body["id"] = .string(document.id)
            try await session.gateway.send(.post, path, body: body)
            return .created
        }
        // What a document leaves out is empty, as in what is written.
        var wanted: JSON = ["description": "", "deprecation_message": ""]
        for (key, value) in document.entity.object ?? [:] { wanted[key] = value }
        guard !EntityComparison.sameFields(present.body, wanted).isEmpty else { return .unchanged }
        try await session.gateway.exchange(.put, own, body: document.entity, reading: present)
        return .updated
    }

    private func unchanged(_ present: JSON, _ document: EntityDocument) throws(CommandFailure) -> Outcome {
        var wanted = document.entity
        // Only of interest when the object is made.
        wanted["env"] = nil
        wanted["from_deploy_id"] = nil
        let differing = EntityComparison.sameFields(present, wanted)
        guard differing.isEmpty else {
            throw CommandFailure(.conflict, "it exists with another \(differing.joined(separator: ", ")), which cannot change")
        }
        return .unchanged
    }

    private func named(_ document: EntityDocument) -> JSON {
        var body = document.entity
        if body["name"] == nil { body["name"] = .string(document.id) }
        return body
    }

    /// Environments are described by documents of their own, so none is made with the application unless the document names one.
    private func applicationBody(_ document: EntityDocument) -> JSON {
        var body = named(document)
        if body["env"] == nil { body["skip_environment_creation"] = true }
        return body
    }
}
