import PlatformModel
import ServiceAPI

/// An application that somebody asked to create or delete.
struct ApplicationChange: Sendable, Hashable {
    enum Kind: String, Sendable, Hashable {
        case create, delete
    }

    enum Verdict: Sendable, Hashable {
        case happened, didNotHappen, unknownYet
    }

    /// Of the request.
    var id: String
    var orgID: String
    var appID: String
    var subject: SubjectReference
    var kind: Kind

    /// What became of it, by what the orchestrator has now.
    ///
    /// - Parameters:
    ///   - found: The application of this id; nil where there is none.
    ///   - askedAt: By the database's clock, which also dates the application.
    ///   - isOld: No request still runs that could make it happen.
    func verdict(_ found: Application?, askedAt: Timestamp, isOld: Bool) -> Verdict {
        switch kind {
        case .create:
            // One that they made earlier is not of this request: its roles may have been taken from them since.
            if let found, found.createdBy == subject, found.createdAt >= askedAt { return .happened }
        case .delete:
            guard let found, found.status != .deleting else { return .happened }
        }
        return isOld ? .didNotHappen : .unknownYet
    }
}
