/// A listener on 127.0.0.1 inside the sandbox whose connections the runner serves: the only thing that reaches the job from outside.
package struct SandboxLoopback: Sendable {
    /// The port inside. The network is the job's alone, so any port from 1024 up is free, and may be written into files and variables
    /// beforehand.
    package var port: Int
    /// Gets the listening socket, non-blocking, and must close it. Called once, before the job's command starts; the task is cancelled when
    /// the job has ended, and awaited.
    package var serve: @Sendable (_ listener: Int32) async -> Void

    package init(port: Int, serve: @escaping @Sendable (_ listener: Int32) async -> Void) {
        self.port = port
        self.serve = serve
    }
}
