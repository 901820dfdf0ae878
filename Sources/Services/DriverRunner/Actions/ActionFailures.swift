import DeployTargets
import Drivers
import PlatformModel
import PureDrivers
import ServiceAPI

extension ActionReply {
    /// What an error means to whoever ordered the action. Every text goes through `masked`.
    static func failure(of error: any Error, masked: (String) -> String) -> ActionReply {
        let (code, message, retryable): (String, String, Bool) =
            switch error {
            case let error as DriverError: (error.code, error.message, error.kind == .transient)
            case let error as DeployError: (error.code, Self.text(of: error), error.kind == .transient)
            case let error as RoomError: ("RUN-005", error.description, error.isTransient)
            case let error as ErrorBody: (error.error, error.message, false)
            default: ("RUN-009", "the runner met an error that it does not know; its log has the cause", false)
            }
        return ActionReply(
            state: (error as? DriverError)?.kind == .unknown ? .unknown : .failed,
            failure: ActionFailure(
                code: code, message: String(masked(message).prefix(messageLength)).withoutControls, retryable: retryable))
    }

    /// Characters of a message that are kept.
    private static let messageLength = 16_384

    private static func text(of error: DeployError) -> String {
        var message = error.message
        if !error.problems.isEmpty { message += "\n" + error.problems.map(\.description).joined(separator: "\n") }
        if !error.lastLines.isEmpty { message += "\nits last lines:\n" + error.lastLines.joined(separator: "\n") }
        return message
    }
}
