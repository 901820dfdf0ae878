/// How a job ended, and what it left.
package struct SandboxResult: Sendable, Hashable {
    package enum Ending: Sendable, Hashable {
        case exited(Int)
        /// By a signal that nobody of ours sent.
        case signalled(Int)
        /// `SandboxLimits.wallSeconds`.
        case timedOut
        /// `SandboxLimits.cpuSeconds`.
        case cpuExceeded
        /// `SandboxLimits.memoryBytes`.
        case outOfMemory
        /// `SandboxLimits.outputBytes`.
        case outputExceeded
        case cancelled
        /// The launcher or the sandbox died under the job: nothing is known of what it did, and nothing of it runs any more.
        case lost
    }

    package var ending: Ending
    /// By the paths of `SandboxJob.collect`; missing files are absent. Filled however the job ended, unless it is cancelled or lost.
    package var collected: [String: [UInt8]]
    /// Files of `collect` that are there and did not come back, with the reason: too large, a link, not a plain file.
    package var refused: [String: String]

    package init(ending: Ending, collected: [String: [UInt8]] = [:], refused: [String: String] = [:]) {
        self.ending = ending
        self.collected = collected
        self.refused = refused
    }
}
