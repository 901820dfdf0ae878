/// What a job may use. Beyond a limit the whole job is ended, and its `ending` says which one it was.
package struct SandboxLimits: Sendable, Hashable {
    package var wallSeconds: Int
    /// Of all its processes.
    package var cpuSeconds: Int
    /// Of all its processes and its workspace.
    package var memoryBytes: Int
    /// Processes and threads at a time.
    package var processes: Int
    /// The workspace, /tmp among it; also the largest file.
    package var fileBytes: Int
    /// Of standard output and error together.
    package var outputBytes: Int
    /// Of each file of `collect`; all of them together may be four times that.
    package var collectBytes: Int

    package init(
        wallSeconds: Int = 600, cpuSeconds: Int = 300, memoryBytes: Int = 512 << 20, processes: Int = 128,
        fileBytes: Int = 256 << 20, outputBytes: Int = 4 << 20, collectBytes: Int = 1 << 20
    ) {
        self.wallSeconds = wallSeconds
        self.cpuSeconds = cpuSeconds
        self.memoryBytes = memoryBytes
        self.processes = processes
        self.fileBytes = fileBytes
        self.outputBytes = outputBytes
        self.collectBytes = collectBytes
    }
}
