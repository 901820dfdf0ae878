import HTTPTypes
import PlatformModel
import Postgres
import ServiceAPI
import ServiceRuntime

/// Creates, changes and deletes shared values. Each change is a version.
struct ValueDesk: Sendable {
    let database: PostgresPool
    let secrets: ValueSecrets

    /// What a change is about.
    struct Subject: Sendable {
        var orgID: String
        var appID: String
        var level: ValueLevel
        var user: String
        /// What asks for it.
        var call: RouteCall

        /// What people call the level.
        var words: String {
            if case .environment(let id) = level { return "the environment '\(id)'" }
            return "the application '\(appID)'"
        }
    }

    /// - Parameter newID: of the content; a request that is sent again has it again, and finds what it made.
    /// - Throws: 409 where the level has the key already.
    func create(_ request: ValueRequest, newID: String, _ subject: Subject) async throws -> SharedValue {
        guard let key = request.key, SharedValueRule.accepts(key: key) else {
            throw HTTPFailure.invalid(
                "key: '\((request.key ?? "").prefix(200))' cannot be the key of a value: \(SharedValueRule.keyWords)")
        }
        guard let content = try request.content(wasSecret: nil) else {
            throw HTTPFailure.invalid("value, secret_ref: one of them is needed")
        }
        let made = try await database.withOrg(subject.orgID) { transaction -> SharedValue? in
            if let made = try await ValueStore.values([newID], appID: subject.appID, transaction)[newID], made.key == key {
                return made
            }
            try await Self.refuseTaken(key, subject, transaction)
            return nil
        }
        if let made { return made }
        return try await write(content, key: key, id: newID, subject) { id, reference, transaction in
            try await Self.refuseTaken(key, subject, transaction)
            let value = SharedValue(
                id: id, contentID: id, level: subject.level, key: key, isSecret: content.isSecret, value: content.plain,
                reference: reference, description: request.description ?? "", createdAt: Timestamp(milliseconds: 0),
                updatedAt: Timestamp(milliseconds: 0), updatedBy: subject.user, isPurged: false)
            try await ValueStore.insert(value, isNew: true, appID: subject.appID, transaction)
            return try await Self.set(key, to: id, .create, subject, transaction)
        }
    }

    /// PUT needs the value, PATCH may leave it as it is.
    ///
    /// - Throws: 404 where the level itself has no such key.
    func change(_ request: ValueRequest, key: String, isPatch: Bool, _ subject: Subject) async throws -> SharedValue {
        let before = try await database.withOrg(subject.orgID) { try await Self.require(key, subject, $0) }
        if let named = request.key, named != key { throw HTTPFailure.invalid("key: a value keeps its key '\(key)'") }
        let content = try request.content(wasSecret: before.isSecret)
        guard content != nil || isPatch else { throw HTTPFailure.invalid("value, secret_ref: one of them is needed") }
        guard content != nil || request.description != nil else {
            throw HTTPFailure.invalid("value, secret_ref, description: at least one of them is needed")
        }
        return try await write(content, key: key, subject) { id, reference, transaction in
            let now = try await Self.require(key, subject, transaction)
            guard now.isSecret == before.isSecret else {
                throw HTTPFailure.conflict("the value '\(key)' was made anew meanwhile; look at it, and try again")
            }
            var value = now
            value.id = id
            if let content {
                value.contentID = id
                value.value = content.plain
                value.reference = reference
            }
            // The contract has a description with each PUT; one that is not there changes nothing.
            value.description = request.description ?? now.description
            value.updatedBy = subject.user
            try await ValueStore.insert(value, isNew: false, appID: subject.appID, transaction)
            return try await Self.set(key, to: id, .update, subject, transaction)
        }
    }

    func delete(_ key: String, _ subject: Subject) async throws {
        try await database.withOrg(subject.orgID) { transaction in
            try await Self.edit(subject, transaction)
            _ = try await Self.require(key, subject, transaction)
            _ = try await Self.set(key, to: nil, .delete, subject, transaction)
        }
    }

    func deleteAll(_ subject: Subject) async throws {
        try await database.withOrg(subject.orgID) { transaction in
            try await Self.edit(subject, transaction)
            let items = try await Self.items(subject, transaction)
            guard !items.isEmpty else { return }
            _ = try await Self.record(from: items, to: [:], .deleteAll, comment: "", source: nil, subject, transaction)
        }
    }

    private func place(of subject: Subject) async throws -> SecretPlace {
        guard case .environment(let id) = subject.level else { return SecretPlace(appID: subject.appID) }
        let environment = try await database.withOrg(subject.orgID) {
            try await EnvironmentStore.record(id, appID: subject.appID, $0)
        }
        return SecretPlace(appID: subject.appID, envID: id, envType: environment?.type)
    }

    /// Takes the secret to where it is kept, then writes; what was kept for nothing is erased again.
    private func write(
        _ content: ValueRequest.Content?, key: String, id: String = RandomIdentifier.long(), _ subject: Subject,
        _ body: @escaping @Sendable (String, SecretReference?, PostgresTransaction) async throws -> SharedValue
    ) async throws -> SharedValue {
        let orgID = subject.orgID
        var reference: SecretReference?, path: String?
        switch content {
        case .secret(let text):
            let place = "\(subject.level.secretPrefix(orgID: orgID, appID: subject.appID))/\(SecretPathPart.of(key) ?? id)/\(id)"
            // On the list of what is erased before it is there: whatever happens in between, nothing is left over.
            try await database.preparing(orgID) { try await SecretRemovalStore.add(place, orgID: orgID, delay: 600, $0) }
            reference = try await secrets.keep(text, at: place, orgID: orgID)
            path = place
        case .reference(let given):
            try await secrets.check(given, at: try await place(of: subject), orgID: orgID)
            reference = given
        case .plain, nil: break
        }
        return try await database.withOrg(orgID) { [reference, path] transaction in
            try await Self.edit(subject, transaction)
            let value = try await body(id, reference, transaction)
            if let path, try await !SecretRemovalStore.keep(path, orgID: orgID, transaction) {
                throw HTTPFailure.unavailable("storing the secret took too long; try again")
            }
            return value
        }
    }

    // MARK: Reading and recording, within a transaction

    /// What GET answers of a level: its own values, and for an environment those of the application that it does not override.
    static func list(_ subject: Subject, _ transaction: PostgresTransaction) async throws -> [ValuePicture] {
        let version = try await ValueSetVersionStore.newest(subject.level, appID: subject.appID, transaction)
        let contents = try await ValueStore.values((version?.merged ?? [:]).values, appID: subject.appID, transaction)
        return contents.values.sorted { $0.key < $1.key }.map { ValuePicture($0) }
    }

    /// Before a change is written. The values of a level are one thing, as the versions of them are.
    static func edit(_ subject: Subject, _ transaction: PostgresTransaction) async throws {
        try await ApplicationStore.lock(subject.appID, transaction)
        try await subject.call.edit("values/\(subject.appID)/\(subject.call.envID)", transaction) {
            try await list(subject, transaction)
        }
    }

    /// What the level itself has.
    static func items(_ subject: Subject, _ transaction: PostgresTransaction) async throws -> [String: String] {
        try await ValueSetVersionStore.newest(subject.level, appID: subject.appID, transaction)?.items(of: subject.level) ?? [:]
    }

    /// Writes the version that a change makes.
    static func record(
        from old: [String: String], to new: [String: String], _ cause: ValueSetVersion.Cause, comment: String, source: String?,
        _ subject: Subject, _ transaction: PostgresTransaction
    ) async throws -> String {
        let now = Timestamp(milliseconds: 0), level = subject.level
        let version = ValueSetVersion(
            id: ValueSetVersion.identifier(RandomIdentifier.long()), level: level,
            applicationItems: level == .application ? new : [:], environmentItems: level == .application ? [:] : new,
            changes: ValueSetVersion.changes(from: old, to: new), resultOf: "\(level.source)_\(cause.rawValue)", comment: comment,
            sourceID: source, createdAt: now, createdBy: subject.user, updatedAt: now)
        try await ValueSetVersionStore.insert(version, appID: subject.appID, transaction)
        return version.id
    }

    private static func set(
        _ key: String, to item: String?, _ cause: ValueSetVersion.Cause, _ subject: Subject, _ transaction: PostgresTransaction
    ) async throws -> SharedValue {
        let old = try await items(subject, transaction)
        var new = old
        new[key] = item
        let contents = try await ValueStore.values(
            Array(old.values) + [item].compactMap(\.self), appID: subject.appID, transaction)
        let changed = item ?? old[key]
        guard let value = changed.flatMap({ contents[$0] }) else { throw HTTPFailure.notFound("value", key) }
        try refuseTooMuch(new.values.compactMap { contents[$0] })
        _ = try await record(from: old, to: new, cause, comment: "", source: nil, subject, transaction)
        return value
    }

    private static func refuseTooMuch(_ values: [SharedValue]) throws(HTTPFailure) {
        guard values.count <= SharedValueRule.maximumKeys else {
            throw HTTPFailure.invalid("key: at most \(SharedValueRule.maximumKeys) values in one place")
        }
        guard values.reduce(0, { $0 + ($1.value?.utf8.count ?? 0) }) <= SharedValueRule.maximumBytes else {
            throw HTTPFailure.invalid(
                "value: all values of one place have at most \(SharedValueRule.maximumBytes) bytes together")
        }
    }

    private static func refuseTaken(_ key: String, _ subject: Subject, _ transaction: PostgresTransaction) async throws {
        guard try await items(subject, transaction)[key] == nil else {
            throw HTTPFailure.conflict("\(subject.words) has the value '\(key)' already")
        }
    }

    private static func require(
        _ key: String, _ subject: Subject, _ transaction: PostgresTransaction
    ) async throws -> SharedValue {
        let version = try await ValueSetVersionStore.newest(subject.level, appID: subject.appID, transaction)
        guard let item = version?.items(of: subject.level)[key],
            let value = try await ValueStore.values([item], appID: subject.appID, transaction)[item]
        else {
            if version?.applicationItems[key] != nil {
                throw HTTPFailure(
                    .notFound, "not_found",
                    "\(subject.words) has no value '\(key)' of its own, but the application's: POST one to override it")
            }
            throw HTTPFailure.notFound("value", key)
        }
        return value
    }
}

extension ValueRequest.Content {
    fileprivate var plain: String? { if case .plain(let text) = self { text } else { nil } }
}
