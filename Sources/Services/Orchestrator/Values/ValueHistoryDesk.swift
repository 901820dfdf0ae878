import PlatformModel
import Postgres
import ServiceRuntime

/// The history of shared values: looked at, restored, and purged of what should never have been in it.
struct ValueHistoryDesk: Sendable {
    let database: PostgresPool
    let secrets: ValueSecrets

    /// Versions that are answered at once.
    static let page = 100

    /// All values of the level again as they were. What was purged since keeps what it has now.
    func restore(_ id: String, comment: String, _ subject: ValueDesk.Subject) async throws -> ValueSetVersionPicture {
        try await changing(id, subject) { version, old, transaction in
            var new = version.items(of: subject.level)
            let contents = try await ValueStore.values(new.values, appID: subject.appID, transaction)
            for (key, item) in new where contents[item]?.isPurged != false { new[key] = old[key] }
            return try await ValueDesk.record(
                from: old, to: new, .restore, comment: comment, source: version.id, subject, transaction)
        }
    }

    /// One value again as it was.
    ///
    /// - Throws: 400 where the level had no such key then, or the value was purged.
    func restore(_ id: String, key: String, comment: String, _ subject: ValueDesk.Subject) async throws -> ValueSetVersionPicture
    {
        try await changing(id, subject) { version, old, transaction in
            let value = try await Self.value(of: key, in: version, subject, transaction)
            guard !value.isPurged else {
                throw HTTPFailure.invalid(
                    "the value that '\(key)' had in the version '\(version.id)' was purged: it is gone for good")
            }
            var new = old
            new[key] = value.id
            return try await ValueDesk.record(
                from: old, to: new, .restore, comment: comment, source: version.id, subject, transaction)
        }
    }

    /// Forgets the value that a key had in a version, in every version that has it: for good. Asked again for one that is purged already,
    /// it makes sure that its bytes are erased.
    ///
    /// - Throws: 400 where the level had no such key then, or has that value now.
    func purge(_ id: String, key: String, comment: String, _ subject: ValueDesk.Subject) async throws {
        let path = try await database.withOrg(subject.orgID) { transaction -> String? in
            try await ApplicationStore.lock(subject.appID, transaction)
            let version = try await Self.require(id, subject, transaction)
            let value = try await Self.value(of: key, in: version, subject, transaction)
            let path = Self.ownPath(value, subject)
            if let path { try await SecretRemovalStore.add(path, orgID: subject.orgID, delay: 30, transaction) }
            guard !value.isPurged else { return path }
            let now = try await ValueDesk.items(subject, transaction)
            let current = try await ValueStore.values(now.values, appID: subject.appID, transaction)
            guard !current.values.contains(where: { $0.contentID == value.contentID }) else {
                throw HTTPFailure.invalid(
                    "'\(key)' has the value of the version '\(version.id)' now: give it another one or delete it, then purge")
            }
            let items = try await ValueStore.items(ofContent: value.contentID, appID: subject.appID, transaction)
            try await ValueStore.purge(value.contentID, by: subject.user, appID: subject.appID, transaction)
            try await ValueSetVersionStore.touch(items, level: subject.level, appID: subject.appID, transaction)
            _ = try await ValueDesk.record(
                from: now, to: now, .purge, comment: comment, source: version.id, subject, transaction)
            return path
        }
        guard let path else { return }
        do { try await secrets.erase(path, orgID: subject.orgID, database) } catch {
            throw HTTPFailure.unavailable(
                "the value of '\(key)' is purged from the history; the secret store does not answer, and its bytes are erased as soon as it does",
                retryAfter: 10)
        }
    }

    /// Where the built-in store keeps it, when it was written here; what is kept elsewhere is its owners'.
    private static func ownPath(_ value: SharedValue, _ subject: ValueDesk.Subject) -> String? {
        guard let reference = value.reference,
            reference.ref.hasPrefix(value.level.secretPrefix(orgID: subject.orgID, appID: subject.appID) + "/")
        else { return nil }
        return reference.ref
    }

    private func changing(
        _ id: String, _ subject: ValueDesk.Subject,
        _ body: @escaping @Sendable (ValueSetVersion, [String: String], PostgresTransaction) async throws -> String
    ) async throws -> ValueSetVersionPicture {
        try await database.withOrg(subject.orgID) { transaction in
            try await ApplicationStore.lock(subject.appID, transaction)
            let version = try await Self.require(id, subject, transaction)
            let made = try await body(version, try await ValueDesk.items(subject, transaction), transaction)
            let picture = try await Self.pictures(
                [try await Self.require(made, subject, transaction)], appID: subject.appID, transaction)
            return picture[0]
        }
    }

    // MARK: Reading, within a transaction

    /// - Throws: 404.
    static func require(
        _ id: String, _ subject: ValueDesk.Subject, _ transaction: PostgresTransaction
    ) async throws -> ValueSetVersion {
        guard let version = try await ValueSetVersionStore.version(id, subject.level, appID: subject.appID, transaction) else {
            throw HTTPFailure.notFound("value set version", id)
        }
        return version
    }

    static func pictures(
        _ versions: [ValueSetVersion], appID: String, _ transaction: PostgresTransaction
    ) async throws -> [ValueSetVersionPicture] {
        let items = versions.flatMap { Array($0.merged.values) + $0.changes.compactMap(\.item) }
        let contents = try await ValueStore.values(items, appID: appID, transaction)
        return versions.map { ValueSetVersionPicture($0, contents) }
    }

    private static func value(
        of key: String, in version: ValueSetVersion, _ subject: ValueDesk.Subject, _ transaction: PostgresTransaction
    ) async throws -> SharedValue {
        let own = version.items(of: subject.level)
        guard let item = own[key], let value = try await ValueStore.values([item], appID: subject.appID, transaction)[item] else {
            let isInherited = subject.level != .application && version.applicationItems[key] != nil
            let near = nearestName(to: key, among: own.keys).map { "; did you mean '\($0)'?" } ?? ""
            throw HTTPFailure.invalid(
                isInherited
                    ? "the version '\(version.id)' has '\(key)' from the application: do it there"
                    : "the version '\(version.id)' of \(subject.words) has no value '\(key)'\(near)")
        }
        return value
    }
}
