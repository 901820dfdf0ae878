import PlatformModel
import ServiceAPI

/// Follows a deployment to its end.
struct DeploymentWatch: Sendable {
    private let session: Session

    init(_ session: Session) { self.session = session }

    /// Shows a deployment that was just made; waits for its end when asked to.
    /// - Throws: The cause of a failure; timeout.
    func follow(_ made: JSON, _ options: DeploymentOptions) async throws {
        try await follow(made, wait: options.wait, timeout: options.timeout)
    }

    /// - Parameter result: What is shown of the deployment that has succeeded where no table was asked for.
    func follow(
        _ made: JSON, wait isAwaited: Bool, timeout: Int, result: (JSON) -> JSON = { $0 }
    ) async throws {
        guard let id = made["id"]?.string else {
            throw CommandFailure(.failed, "the gateway gave an answer that cannot be read: a deployment without id")
        }
        let place = Self.place(made)
        guard isAwaited else {
            session.printer.show(made) { _ in
                "deployment \(id) \(made["status"]?.string ?? "")\(place.map { " (\($0))" } ?? "")\n"
            }
            return
        }
        session.printer.note("deployment \(id)" + (place.map { ", \($0)" } ?? ""))
        let retried = (made["retried_at"]?.string).flatMap(Timestamp.init)
        let ended = try await wait(for: id, within: .seconds(timeout), since: retried)
        guard ended["status"]?.string == DeploymentStatus.succeeded.rawValue else { throw try await cause(of: id) }
        session.printer.show(result(ended)) { _ in "deployment \(id) \(session.printer.style("succeeded", .green))\n" }
    }

    /// A deployment that was told to stop. Its end is what was asked for, whatever it says.
    func followStop(_ id: String, _ stopped: JSON, wait isAwaited: Bool, timeout: Int) async throws {
        let hasEnded = stopped["status"]?.string.flatMap(DeploymentStatus.init(rawValue:))?.isEnded ?? false
        var last = stopped
        if isAwaited, !hasEnded { last = try await wait(for: id, within: .seconds(timeout)) }
        let state = hasEnded || isAwaited ? "cancelled" : "stopping"
        session.printer.show(last) { _ in "deployment \(id) \(state)\n" }
        guard hasEnded || isAwaited else { return }
        for line in await report(id) { session.printer.note(line) }
    }

    /// `2nd in the queue, behind 0123`.
    static func place(_ deployment: JSON) -> String? {
        guard let position = deployment["queue_position"]?.int else { return nil }
        return QueuePlace(position: position, behind: deployment["waits_for"]?.string).description
    }

    /// Node by node, what came of it; nothing from a server that does not say.
    private func report(_ id: String) async -> [String] {
        guard let path = try? session.deployment(id), let steps = try? await session.gateway.get(path + "/steps") else {
            return []
        }
        return StepsText(steps).report
    }

    /// - Parameter start: Events before it are of an earlier try, and told already.
    private func wait(for id: String, within limit: Duration, since start: Timestamp? = nil) async throws -> JSON {
        let path = try session.deployment(id)
        return try await withThrowingTaskGroup(of: JSON.self) { group in
            group.addTask { try await showProgress(path, since: start) }
            group.addTask {
                try await Task.sleep(for: limit)
                throw CommandFailure(
                    .timeout, "the deployment has not ended after \(limit.components.seconds) s; it goes on without this command",
                    details: ["see it with: martlet get deploy \(id)"])
            }
            defer { group.cancelAll() }
            guard let ended = try await group.next() else { throw CommandFailure(.failed, "cancelled") }
            return ended
        }
    }

    /// The deployment once it has ended.
    private func showProgress(_ path: String, since start: Timestamp?) async throws -> JSON {
        while true {
            var view = session.printer.progress
            do throws(RoomError) {
                for try await event in session.gateway.stream(path + "/events") {
                    // Events of kinds that a newer server knows are no reason to stop.
                    guard let event = try? event.data.decode(DeploymentEvent.self), start.map({ event.at >= $0 }) ?? true else {
                        continue
                    }
                    let text = view?.update(event) ?? ""
                    if !text.isEmpty { session.host.writeError(text) }
                }
            } catch { throw session.gateway.failure(error) }
            let deployment = try await session.gateway.get(path)
            let status = deployment["status"]?.string.flatMap(DeploymentStatus.init(rawValue:))
            if status?.isEnded ?? true { return deployment }
            // The stream was closed early, as by a server that is restarted.
            try await Task.sleep(for: .milliseconds(500))
        }
    }

    /// Why it failed: not its status but its errors.
    private func cause(of id: String) async throws -> CommandFailure {
        let errors = try await session.gateway.get([DeploymentError].self, try session.deployment(id) + "/errors")
        guard !errors.isEmpty else { return CommandFailure(.failed, "the deployment \(id) failed and left no error") }
        return CommandFailure(.failed, "the deployment \(id) failed", details: errors.map(Self.line) + (await report(id)))
    }

    /// Its code, what it is about, and why, each once: what drivers say often begins with the first two, and a summary is mostly the
    /// beginning of its message.
    static func line(_ error: DeploymentError) -> String {
        let object = error.objectID.isEmpty ? error.scope : error.objectID
        func bare(_ text: String) -> String {
            ["\(error.code) ", "\(object): "].reduce(text) { $0.hasPrefix($1) ? String($0.dropFirst($1.count)) : $0 }
        }
        let summary = bare(error.summary), message = bare(error.message)
        let cause = message.isEmpty ? summary : message.contains(summary) ? message : "\(summary): \(message)"
        return "\(error.code) \(object): \(cause)"
    }
}
