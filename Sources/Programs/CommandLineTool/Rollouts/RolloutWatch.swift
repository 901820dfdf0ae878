import HTTPTypes
import PlatformModel
import ServiceAPI

/// Follows a rollout: until it is planned, and to its end.
struct RolloutWatch: Sendable {
    private let session: Session
    private let timeout: Duration

    init(_ session: Session, timeout: Duration) {
        self.session = session
        self.timeout = timeout
    }

    func id(_ rollout: JSON) -> String { TextStyle.printable(rollout["id"]?.string ?? "") }

    func path(_ id: String) throws(CommandFailure) -> String { try Noun.rollout.path(session) + "/" + HTTPCall.segment(id) }

    /// `resume` or `cancel`.
    func change(_ rollout: JSON, _ action: String) async throws(CommandFailure) -> JSON {
        try await session.gateway.send(.post, try path(rollout["id"]?.string ?? "") + "/actions/\(action)")
    }

    /// The rollout once everything is planned.
    func planned(_ made: JSON) async throws -> JSON {
        session.printer.waiting(for: "planning each environment")
        return try await poll(made, until: { $0["status"]?.string != "planning" }, tell: { _ in })
    }

    /// Shows a rollout that goes on; waits for its end when asked to.
    /// - Throws: The cause of a failure; timeout.
    func follow(_ rollout: JSON, wait: Bool, since before: JSON) async throws {
        guard wait else {
            session.printer.show(rollout) { _ in "rollout \(id(rollout)) \(rollout["status"]?.string ?? "")\n" }
            return
        }
        var told = Self.states(before)
        func tell(_ rollout: JSON) {
            let now = Self.states(rollout)
            for (target, line) in RolloutText.lines(rollout, style: session.printer.style) where told[target] != now[target] {
                session.printer.note(line)
            }
            told = now
        }
        tell(rollout)
        let ended = try await poll(rollout, until: Self.isEnded, tell: tell)
        let status = ended["status"]?.string ?? ""
        guard status == "succeeded" else {
            let failures = (ended["targets"]?.array ?? []).filter { $0["state"]?.string == "failed" }
            throw CommandFailure(
                .failed, "the rollout \(id(ended)) \(status == "failed" ? "failed" : "was cancelled")",
                details: failures.map { "\(RolloutText.place($0)): \($0["reason"]?.string ?? "")" }
                    + ["go on with: martlet rollout resume \(id(ended))"])
        }
        session.printer.show(ended) { _ in "rollout \(id(ended)) \(session.printer.style("succeeded", .green))\n" }
    }

    private func poll(_ first: JSON, until isDone: (JSON) -> Bool, tell: (JSON) -> Void) async throws -> JSON {
        let deadline = ContinuousClock.now + timeout
        var rollout = first, pause = Duration.milliseconds(300)
        while !isDone(rollout) {
            guard ContinuousClock.now < deadline else {
                throw CommandFailure(
                    .timeout,
                    "the rollout \(id(rollout)) is still \(rollout["status"]?.string ?? ""); it goes on without this command",
                    details: ["see it with: martlet get rollout \(id(rollout))"])
            }
            try await Task.sleep(for: pause)
            let asked = ContinuousClock.now
            rollout = try await session.gateway.get(try path(rollout["id"]?.string ?? ""))
            tell(rollout)
            // Thousands of environments take their time to show: looking is not to take more than a tenth of it.
            pause = min(max(.milliseconds(300), (ContinuousClock.now - asked) * 10), .seconds(30))
        }
        return rollout
    }

    private static func isEnded(_ rollout: JSON) -> Bool {
        ["succeeded", "failed", "cancelled"].contains(rollout["status"]?.string ?? "")
    }

    private static func states(_ rollout: JSON) -> [String: String] {
        Dictionary(
            (rollout["targets"]?.array ?? []).map { (RolloutText.place($0), $0["state"]?.string ?? "") },
            uniquingKeysWith: { first, _ in first })
    }
}
