import PlatformModel

/// The answer to "may this principal do that here?".
package enum Decision: Sendable, Hashable {
    case allow
    /// 403: the thing may be seen, this may not be done. The reason names the role that is missing.
    case deny(reason: String)
    /// 404, in the same words as for a thing that does not exist.
    case hidden

    package var isAllowed: Bool { self == .allow }

    /// The HTTP status and body to answer with, nil when allowed.
    package var refusal: (status: Int, body: ErrorBody)? {
        switch self {
        case .allow: nil
        case .deny(let reason): (403, ErrorBody(error: "forbidden", message: reason))
        case .hidden:
            (
                404,
                ErrorBody(
                    error: "not_found", message: "There is no such thing here, or you may not see it. Check the ids in the path.")
            )
        }
    }
}
