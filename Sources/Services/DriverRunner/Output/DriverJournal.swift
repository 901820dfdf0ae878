import PlatformModel
import ServiceAPI

/// What drivers say, masked by value, on its way to the log aggregator.
struct DriverJournal: Sendable {
    let outbox: LogOutbox
    let clock: @Sendable () -> Timestamp

    /// One action's secrets and its lines.
    struct Mask: Sendable {
        let secrets = SecretMask()
        fileprivate let write: @Sendable (String) -> Void

        func learn(_ texts: [String]) { secrets.learn(texts) }
        func masked(_ text: String) -> String { secrets.masked(text) }
        func log(_ line: String) { write(secrets.masked(line).withoutControls.replacing("\n", with: " ")) }
    }

    func mask(for key: ActionKey, _ request: ActionRequest) -> Mask {
        let node: String?
        let workload: String?
        switch request.work {
        case .resource(let work): (node, workload) = (work.identity.description, nil)
        case .workload(let work): (node, workload) = (nil, work.workloadID)
        case .environment: (node, workload) = (nil, nil)
        }
        return Mask { [outbox, clock] line in
            outbox.add(
                LogEntry(
                    environment: request.environment, deploymentID: key.deploymentID, workloadID: workload, node: node,
                    stream: "driver", at: clock(), line: String(decoding: line.utf8.prefix(16 << 10), as: UTF8.self)))
        }
    }
}
