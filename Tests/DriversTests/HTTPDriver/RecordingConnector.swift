import Drivers
import Outgoing
import Synchronization

/// Keeps what is sent, and answers from a list; the last answer again and again.
final class RecordingConnector: DriverConnector {
    private struct State {
        var calls: [DriverCall] = []
        var answers: [Result<DriverAnswer, OutgoingFailure>]
    }

    private let state: Mutex<State>

    init(_ answers: Result<DriverAnswer, OutgoingFailure>...) { state = Mutex(State(answers: answers)) }

    var calls: [DriverCall] { state.withLock { $0.calls } }

    func send(_ call: DriverCall) async throws(OutgoingFailure) -> DriverAnswer {
        let answer = state.withLock { state in
            state.calls.append(call)
            return state.answers.count > 1 ? state.answers.removeFirst() : state.answers[0]
        }
        return try answer.get()
    }
}

extension Result<DriverAnswer, OutgoingFailure> {
    static func status(_ status: Int, _ body: String = "", cookie: String? = nil, retryAfter: Int? = nil) -> Self {
        .success(DriverAnswer(status: status, cookie: cookie, retryAfter: retryAfter, body: Array(body.utf8)))
    }

    static func outputs(_ values: String = #"{"host":"x"}"#, cookie: String? = nil) -> Self {
        status(
            200, #"{"id":"a","type":"config","resource":{"values":\#(values),"secrets":{"token":"t"}},"manifests":[]}"#,
            cookie: cookie)
    }
}
