import AccessControl
import HTTPTypes
import PlatformModel
import Postgres
import ServiceRuntime

/// What people edit has an `ETag`: the digest of what its GET answers. Who sends it back as `If-Match` changes just what they have read,
/// or nothing.
extension RouteCall {
    /// Before a change is written, in the transaction that writes it: one editor of a thing at a time, and nobody who has read an older one.
    ///
    /// - Parameters:
    ///   - thing: `defs/postgres`: the same for every route that changes it.
    ///   - present: What GET answers now; throws where the thing is not there.
    /// - Throws: 412 `changed_meanwhile`; 428 `if_match_required` where the machine's owner wants each change to say what it was made on.
    func edit<Present: Encodable>(
        _ thing: String, _ transaction: PostgresTransaction, present: () async throws -> Present
    ) async throws {
        try await EditLock.take(thing, transaction)
        try checkMatch(EntityTag(of: try JSON.encode(try await present())))
    }

    /// The same where something holds the thing already, and knows its tag.
    func checkMatch(_ now: EntityTag) throws {
        guard let ifMatch else {
            // What a POST adds takes nothing of anybody's away.
            guard requiresMatch, route.method != "POST" else { return }
            throw HTTPFailure(
                .preconditionRequired, "if_match_required",
                "here each change says what it was made on: send the ETag that you have read as If-Match, or '*' for whatever it is now",
                details: ["etag": .string(now.description)])
        }
        guard !now.isAmong(ifMatch) else { return }
        throw HTTPFailure(
            .preconditionFailed, "changed_meanwhile",
            "somebody has changed it since you read it: read it again, and make your change on that",
            details: ["etag": .string(now.description)])
    }
}

extension RouteAnswer {
    /// 200 with the `ETag` of what is answered.
    static func tagged(_ value: some Encodable) throws -> RouteAnswer {
        var answer = try RouteAnswer.ok(value)
        answer.tag = EntityTag(of: answer.body ?? [])
        return answer
    }
}
