import HTTPTypes
import PlatformModel
import ServiceAPI

/// The runner's hands in the broker: what an action may read and write under its grant.
struct SecretShelf: Sendable {
    let broker: RoomClient

    /// A document with the secrets that its slots name.
    ///
    /// - Parameter orgID: whose grant it is.
    func fill(_ document: JSON, _ slots: [SecretSlot], grant: String, orgID: String) async throws -> FilledDocument {
        let references = slots.references
        let values = references.isEmpty ? [] : try await read(references, grant: grant, orgID: orgID)
        let filling = SecretSlotFilling(values: Dictionary(zip(references, values), uniquingKeysWith: { first, _ in first }))
        return try filling.fill(document, slots)
    }

    /// What one resource keeps.
    func of(_ guResID: String, environment: EnvironmentContext, grant: String) -> OfResource {
        OfResource(
            shelf: self, grant: grant, orgID: environment.orgID,
            prefix: "orgs/\(environment.orgID)/apps/\(environment.appID)/envs/\(environment.envID)/resources/\(guResID)")
    }

    /// Reads and writes are safe to repeat, so a broker that restarts is waited for.
    func asking<Answer>(_ body: () async throws(RoomError) -> Answer) async throws -> Answer {
        let deadline = ContinuousClock.now + .seconds(60)
        while true {
            do throws(RoomError) { return try await body() } catch {
                guard error.isTransient, ContinuousClock.now < deadline else { throw error }
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    fileprivate func read(_ references: [SecretReference], grant: String, orgID: String) async throws -> [JSON] {
        let request = SecretReadRequest(grant: grant, references: references, orgID: orgID)
        let reply = try await asking { () throws(RoomError) -> SecretReadReply in
            try await broker.call(.post, "/v1/secrets/read", body: request)
        }
        guard reply.values.count == references.count else {
            throw RoomError(room: "broker", kind: .malformed("\(reply.values.count) values for \(references.count) references"))
        }
        return reply.values
    }

    /// The secrets of one resource: its cookie, what its driver generated, its secret outputs.
    struct OfResource: Sendable {
        fileprivate let shelf: SecretShelf
        fileprivate let grant: String
        fileprivate let orgID: String
        fileprivate let prefix: String

        /// Parts of a path under the resource: the broker's paths have 24 in all.
        private static let deepest = 12

        /// Keeps a generated secret before the effect that uses it, and answers the one that is kept: `make` is called only when none
        /// is yet.
        func keep(_ name: String, _ make: @Sendable () -> String) async throws -> String {
            let place = "generated/\(try Self.part(name))"
            if let kept = try await stored(place) { return try text(kept, name) }
            let made = make()
            let reply = try await write(place, .string(made), ifAbsent: true)
            // Another attempt, or this one's own write whose answer was lost, came first: what it kept counts.
            if reply.stored { return made }
            guard let kept = try await shelf.read([reply.reference], grant: grant, orgID: orgID).first else { return made }
            return try text(kept, name)
        }

        /// What is kept under a name; nil when nothing is.
        func generated(_ name: String) async throws -> String? {
            try await stored("generated/\(try Self.part(name))").map { try text($0, name) }
        }

        func cookie() async throws -> JSON? { try await stored("cookie") }

        func keepCookie(_ cookie: JSON?) async throws {
            guard let cookie else { return }
            _ = try await write("cookie", cookie, ifAbsent: false)
        }

        /// Stores each leaf of the secret outputs; the same tree with a reference at each leaf.
        func keepOutputs(_ secrets: JSON) async throws -> JSON {
            guard case .object(let members) = secrets else { return [:] }
            var references: [String: JSON] = [:]
            for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                references[name] = try await keepOutput(value, at: ["outputs", try Self.part(name)])
            }
            return .object(references)
        }

        /// - Throws: `RUN-006` for a name that is empty or too long.
        private static func part(_ name: String) throws(ErrorBody) -> String {
            if let part = SecretPathPart.of(name) { return part }
            throw ErrorBody(
                error: "RUN-006",
                message: "the secret output '\(name.prefix(80))' has a name that is empty or too long; give it a shorter one")
        }

        /// Everything that the resource keeps is gone with it.
        func clear() async throws {
            let request = SecretDeleteRequest(grant: grant, orgID: orgID, prefix: prefix)
            _ = try await shelf.asking { () throws(RoomError) -> HTTPAnswer in
                try await shelf.broker.send(.post, "/v1/secrets/delete", body: request)
            }
        }

        private func keepOutput(_ value: JSON, at path: [String]) async throws -> JSON {
            guard path.count <= Self.deepest else {
                throw ErrorBody(
                    error: "RUN-006",
                    message:
                        "the secret output '\(path.dropFirst().joined(separator: "."))' is nested deeper than \(Self.deepest - 1) levels"
                )
            }
            if case .object(let members) = value {
                var references: [String: JSON] = [:]
                for (name, value) in members.sorted(by: { $0.key < $1.key }) {
                    references[name] = try await keepOutput(value, at: path + [try Self.part(name)])
                }
                return .object(references)
            }
            return try JSON(encoding: try await write(path.joined(separator: "/"), value, ifAbsent: false).reference)
        }

        /// Nil when nothing is kept there.
        private func stored(_ place: String) async throws -> JSON? {
            do {
                return try await shelf.read([SecretReference(ref: "\(prefix)/\(place)")], grant: grant, orgID: orgID).first
            } catch let error as RoomError where error.status == 404 {
                return nil
            }
        }

        private func text(_ value: JSON, _ name: String) throws(RoomError) -> String {
            if let text = value.string { return text }
            throw RoomError(room: "broker", kind: .malformed("the generated secret '\(name)' is no text"))
        }

        private func write(_ name: String, _ value: JSON, ifAbsent: Bool) async throws -> SecretWriteReply {
            let request = SecretWriteRequest(
                grant: grant, orgID: orgID, path: "\(prefix)/\(name)", value: value, ifAbsent: ifAbsent)
            return try await shelf.asking { () throws(RoomError) -> SecretWriteReply in
                try await shelf.broker.call(.post, "/v1/secrets/write", body: request)
            }
        }
    }
}
