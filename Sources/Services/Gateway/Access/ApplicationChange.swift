import PlatformModel
import ServiceAPI

/// An application, or an environment type, that somebody asked to create or delete.
struct ApplicationChange: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case create, delete
    }

    enum Verdict: Sendable, Hashable {
        case happened, didNotHappen, unknownYet
    }

    /// What the orchestrator has of it.
    struct Found: Sendable, Hashable {
        /// nil where that is not known.
        var createdBy: SubjectReference?
        var createdAt: Timestamp?
        /// Its deletion is under way.
        var isGoing: Bool
    }

    /// Of the request.
    var id: String
    var orgID: String
    /// The application's id, or the environment type's.
    var appID: String
    var subject: SubjectReference
    var kind: Kind
    var level = RoleLevel.application

    var place: RolePlace { RolePlace(level: level, object: appID) }

    /// What became of it, by what the orchestrator has now.
    ///
    /// - Parameters:
    ///   - found: What has this id; nil where there is nothing.
    ///   - askedAt: By the database's clock, which also dates the application.
    ///   - isOld: No request still runs that could make it happen.
    func verdict(_ found: Found?, askedAt: Timestamp, isOld: Bool) -> Verdict {
        switch kind {
        case .create:
            // One that they made earlier is not of this request: its roles may have been taken from them since.
            if let found, found.createdBy ?? subject == subject, found.createdAt ?? askedAt >= askedAt { return .happened }
        case .delete:
            guard let found, !found.isGoing else { return .happened }
        }
        return isOld ? .didNotHappen : .unknownYet
    }
}
