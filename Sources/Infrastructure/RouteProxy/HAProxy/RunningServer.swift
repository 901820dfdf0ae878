/// A server as HAProxy has it now.
struct RunningServer: Sendable, Hashable {
    enum State: Sendable, Hashable { case ready, draining, maintenance }

    var backend: String
    var name: String
    var state: State
    /// Requests that it serves or that wait for it.
    var sessions: Int
}
