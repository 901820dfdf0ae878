import Planning
import PlatformModel
import ServiceAPI

/// Why a command did not do what it was asked to.
package struct CommandFailure: Error, Sendable, CustomStringConvertible {
    package var status: CommandStatus
    package var message: String
    /// Shown one per line below the message.
    package var details: [String]

    package init(_ status: CommandStatus, _ message: String, details: [String] = []) {
        self.status = status
        self.message = message
        self.details = details
    }

    /// Problems of files that were found here, before anything was sent.
    init(problems: [Problem], _ message: String) {
        self.init(.failed, message, details: problems.map(\.description))
    }

    init(_ error: RoomError) {
        switch error.kind {
        case .status(let code, let body): self.init(code, body)
        case .timeout: self.init(.timeout, "\(error.room) did not answer in time")
        case .unreachable(let reason, _):
            self.init(.failed, "\(error.room) cannot be reached: \(Self.explained(reason))")
        case .malformed(let reason): self.init(.failed, "\(error.room) gave an answer that cannot be read: \(reason)")
        case .cancelled: self.init(.failed, "cancelled")
        }
    }

    private init(_ code: Int, _ body: ErrorBody) {
        status =
            switch code {
            case 401, 403: .denied
            case 404: .notFound
            case 409, 412: .conflict
            case 408, 504: .timeout
            default: .failed
            }
        if let problems = body.details?["problems"]?.array, !problems.isEmpty {
            details = problems.map { (try? $0.decode(Problem.self))?.description ?? $0.canonical }
            // The message of such an error is its problems once more.
            let told = details.joined(separator: "\n") == body.message
            message =
                (told ? "\(details.count) \(details.count == 1 ? "problem" : "problems")" : body.message) + " (\(body.error))"
        } else {
            let moves = body.details?["changes"]?.array.map { $0.compactMap { try? $0.decode(PlanMove.self) } } ?? []
            // The message has the first three.
            details = moves.isEmpty ? body.details.map(Self.lines) ?? [] : moves.count > 3 ? moves.map(\.description) : []
            message = "\(body.message) (\(body.error))"
        }
        if code == 401 { details.append("sign in again with 'martlet login', or give another token by MARTLET_TOKEN") }
    }

    private static func lines(_ details: JSON) -> [String] {
        guard let members = details.object else { return details.isNull ? [] : [details.canonical] }
        return members.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value.string ?? $0.value.canonical)" }
    }

    /// The certificate is what a new user stumbles over; the TLS library's words do not help.
    private static func explained(_ reason: String) -> String {
        guard reason.uppercased().contains("CERTIFICATE") else { return reason }
        return "its certificate is not trusted; give the appliance's authority with --ca or MARTLET_CA (\(reason))"
    }

    package var description: String { ([message] + details).joined(separator: "\n") }

    static func usage(_ message: String) -> CommandFailure { CommandFailure(.usage, message) }
}
