import Synchronization

/// Gathers what many tasks want done at the same moment: what arrives while one batch of an organisation is under way goes into its next
/// one. Nobody waits for a batch to fill, so a single caller is as quick as without, and many share a round trip and a commit.
///
/// Batches of one organisation follow each other; those of several run side by side.
package final class GroupCommit<Item: Sendable, Answer: Sendable>: Sendable {
    /// Does a batch: one result for each item, in their order.
    ///
    /// When it throws, nothing of the batch may have taken effect, unless it says so (`PostgresError.commitOutcomeUnknown`): the items
    /// are then tried one by one, so that one that cannot be done does not keep the others from it.
    package typealias Work = @Sendable (_ org: String, _ items: [Item]) async throws -> [Result<Answer, any Error>]

    private struct Call: Sendable {
        let item: Item
        let continuation: CheckedContinuation<Result<Answer, any Error>, Never>
    }

    private let limit: Int
    private let work: Work
    /// By organisation: those that wait. An organisation that is not here has no batch under way.
    private let lanes = Mutex<[String: [Call]]>([:])

    /// - Parameter limit: Items of one batch.
    package init(limit: Int, work: @escaping Work) {
        self.limit = limit
        self.work = work
    }

    /// Returns when the batch with the item has been done; also for a caller that was cancelled, since others are in it.
    package func submit(_ item: Item, org: String) async throws -> Answer {
        try await withCheckedContinuation { continuation in
            let leads = lanes.withLock { lanes in
                let leads = lanes[org] == nil
                lanes[org, default: []].append(Call(item: item, continuation: continuation))
                return leads
            }
            // No child of the caller: the batch is everybody's, and must not end with the task that happened to be the first.
            // Nor does it carry the record of that task's request.
            if leads { AuditTrail.$current.withValue(nil) { _ = Task { await self.drain(org) } } }
        }.get()
    }

    private func drain(_ org: String) async {
        repeat {
            // Behind those that are about to submit: what runs already comes into the same batch, and nobody waits for what does not.
            await Task.yield()
        } while await performNext(org)
    }

    /// False when nothing waits any more.
    private func performNext(_ org: String) async -> Bool {
        guard let batch = next(org) else { return false }
        await perform(batch, org)
        return true
    }

    private func next(_ org: String) -> [Call]? {
        lanes.withLock { lanes in
            guard let waiting = lanes[org], !waiting.isEmpty else {
                lanes[org] = nil
                return nil
            }
            lanes[org] = Array(waiting.dropFirst(limit))
            return Array(waiting.prefix(limit))
        }
    }

    private func perform(_ batch: [Call], _ org: String) async {
        do {
            let results = try await work(org, batch.map(\.item))
            for (index, call) in batch.enumerated() {
                let isThere = results.indices.contains(index)
                call.continuation.resume(
                    returning: isThere ? results[index] : .failure(PostgresError(.decoding, "no result of a batch's item")))
            }
        } catch {
            guard batch.count > 1, !Self.isOfAll(error) else {
                for call in batch { call.continuation.resume(returning: .failure(error)) }
                return
            }
            for call in batch { await perform([call], org) }
        }
    }

    /// The server is away, or may have done all of it: one by one would not be better.
    private static func isOfAll(_ error: any Error) -> Bool {
        guard let error = error as? PostgresError else { return false }
        if error.commitOutcomeUnknown { return true }
        switch error.kind {
        case .connection, .poolExhausted: return true
        case .server, .timeout, .cancelled, .decoding: return false
        }
    }
}
