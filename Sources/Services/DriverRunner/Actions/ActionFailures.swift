import DeployTargets
import Drivers
import PlatformModel
import ServiceAPI

extension ActionReply {
    /// What an error means to whoever ordered the action. Every text goes through `masked`.
    static func failure(of error: any Error, masked: (String) -> String) -> ActionReply {
        switch error {
        case let error as DriverError:
            return ActionReply(
                state: error.kind == .unknown ? .unknown : .failed,
                failure: ActionFailure(code: error.code, message: masked(error.message), retryable: error.kind == .transient))
        case let error as DeployError:
            var message = error.message
            if !error.problems.isEmpty { message += "\n" + error.problems.map(\.description).joined(separator: "\n") }
            if !error.lastLines.isEmpty { message += "\nits last lines:\n" + error.lastLines.joined(separator: "\n") }
            return ActionReply(
                state: .failed,
                failure: ActionFailure(code: error.code, message: masked(message), retryable: error.kind == .transient))
        case let error as RoomError:
            return ActionReply(
                state: .failed,
                failure: ActionFailure(code: "RUN-005", message: masked(error.description), retryable: error.isTransient))
        case let error as ErrorBody:
            return ActionReply(
                state: .failed, failure: ActionFailure(code: error.error, message: masked(error.message), retryable: false))
        default:
            return ActionReply(
                state: .failed,
                failure: ActionFailure(
                    code: "RUN-009", message: "the runner met an error that it does not know; its log has the cause",
                    retryable: false))
        }
    }
}
