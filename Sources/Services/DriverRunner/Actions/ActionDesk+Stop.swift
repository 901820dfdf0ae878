import Drivers
import PlatformModel
import ServiceAPI
import Synchronization

/// What can be said of an action that was told to stop and gave no answer of its own.
extension ActionDesk {
    /// - Parameter isDeaf: its driver goes on all the same: what comes of it cannot be known.
    func stopped(_ job: Job, isDeaf: Bool = false) -> ActionReply {
        let reason = job.stop.withLock { $0?.reason } ?? "told to stop"
        guard job.recovering || job.begun.withLock({ $0 }) != nil else {
            return Self.failure(.failed, "RUN-011", "\(reason), before it began: nothing was done")
        }
        if isDeaf {
            return Self.failure(
                .unknown, "RUN-012",
                "\(reason), and did not stop within \(Int(limits.stopSeconds)) s; its outcome is not known: look at the real system, "
                    + "then say what you found")
        }
        guard case .resource(let work) = job.request.work else {
            return Self.failure(
                .failed, "RUN-011",
                "\(reason), while it was carried out: what was begun stands, and the next try goes on from there")
        }
        let driver = try? resources.catalogue.driver(type: work.driverType, registered: work.drivers ?? [])
        guard driver?.canFind == true else {
            return Self.failure(
                .unknown, "RUN-012",
                "\(reason), while the driver \(driver?.name ?? work.driverType) worked on \(work.identity), and this driver cannot find "
                    + "what it did: look at the real system, then say what you found")
        }
        return Self.failure(
            .failed, "RUN-011",
            "\(reason), while the driver worked on \(work.identity): what it made is found again by the next try")
    }

    private static func failure(_ state: ActionState, _ code: String, _ message: String) -> ActionReply {
        ActionReply(state: state, failure: ActionFailure(code: code, message: message, retryable: state == .failed))
    }
}

extension ActionDesk.Job {
    var isStopped: Bool { stop.withLock { $0 != nil } }
}
