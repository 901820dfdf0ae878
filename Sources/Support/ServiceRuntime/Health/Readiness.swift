import PlatformModel
import Synchronization

/// Something without which a room cannot serve: its database, its schema version.
package struct ReadinessCheck: Sendable {
    package let name: String
    /// Throws when it is not ready; the error's text is shown to whoever may read `/readyz`, so it holds no secret.
    let check: @Sendable () async throws -> Void

    package init(name: String, check: @escaping @Sendable () async throws -> Void) {
        self.name = name
        self.check = check
    }
}

/// The checks of a room.
package struct Readiness: Sendable {
    /// A check that takes longer counts as failed.
    private static let timeout = Duration.seconds(5)

    let checks: [ReadinessCheck]

    package init(checks: [ReadinessCheck]) { self.checks = checks }

    /// The checks that fail, with the reason; empty when the room is ready. All run at once.
    package func failures() async -> [String: String] {
        await withTaskGroup(of: (String, String)?.self) { group in
            for check in checks { group.addTask { await Self.run(check).map { (check.name, $0) } } }
            var failures: [String: String] = [:]
            for await failure in group { if let failure { failures[failure.0] = failure.1 } }
            return failures
        }
    }

    private static func run(_ check: ReadinessCheck) async -> String? {
        await withTaskGroup(of: String?.self) { group in
            group.addTask {
                do {
                    try await check.check()
                    return nil
                } catch { return "\(error)" }
            }
            group.addTask {
                do { try await Task.sleep(for: timeout) } catch { return nil }
                return "no answer within \(timeout)"
            }
            defer { group.cancelAll() }
            return await group.next() ?? nil
        }
    }
}
