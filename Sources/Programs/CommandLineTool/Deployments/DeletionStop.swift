import HTTPTypes
import PlatformModel
import ServiceAPI

/// Stops a deletion, and says what came of it.
struct DeletionStop: Sendable {
    let session: Session
    let timeout: Duration

    /// - Parameter id: nil: the environment's own deletion, or else the only one under way.
    func cancel(_ id: String?, wait: Bool) async throws {
        let path = try Noun.deletion.path(session)
        let chosen = if let id { id } else { try await underWay(path) }
        var deletion = try await session.gateway.send(.post, "\(path)/\(HTTPCall.segment(chosen))/cancel")
        let deadline = ContinuousClock.now + timeout
        while wait, !Self.hasEnded(deletion) {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .timeout, "the deletion \(chosen) has not ended yet; it goes on stopping without this command")
            }
            try await Task.sleep(for: .milliseconds(300))
            let all = try await session.gateway.get(path).array ?? []
            guard let now = all.first(where: { $0["id"] == .string(chosen) }) else { break }
            deletion = now
        }
        let state = Self.hasEnded(deletion) ? "cancelled" : "stopping"
        session.printer.show(deletion) { deletion in
            "deletion \(chosen) of \(TextStyle.printable(deletion["object"]?.string ?? "")) \(state)\n"
        }
        guard Self.hasEnded(deletion) else { return }
        for line in StepsText(deletion["steps"] ?? []).deletionReport { session.printer.note(TextStyle.printable(line)) }
    }

    private func underWay(_ path: String) async throws(CommandFailure) -> String {
        let open = (try await session.gateway.get(path).array ?? []).filter { !Self.hasEnded($0) }
        let whole = open.filter { $0["object"]?.string?.hasPrefix("environment ") ?? false }
        guard let one = whole.first ?? open.first, let id = one["id"]?.string else {
            throw CommandFailure(.notFound, "nothing is being deleted there")
        }
        guard !whole.isEmpty || open.count == 1 else {
            throw CommandFailure(
                .usage, "several deletions are under way: name one",
                details: open.map { "\($0["id"]?.string ?? "")  \($0["object"]?.string ?? "")" })
        }
        return id
    }

    static func hasEnded(_ deletion: JSON) -> Bool {
        deletion["status"]?.string.flatMap(DeploymentStatus.init(rawValue:))?.isEnded ?? false
    }
}
