/// Runs foreign code: programs that an organisation brought, never with the runner's rights (architecture.md section 5).
package protocol Sandbox: Sendable {
    /// Runs one job to its end. Cancelling the task kills everything in the sandbox; the result then ends with `cancelled`.
    ///
    /// - Parameter output: each line of the job's output as it comes, not masked. Lines are cut at 8,000 bytes; the whole run is bounded by
    ///   `SandboxLimits.outputBytes`.
    /// - Throws: when the sandbox itself could not be made, so the job never began.
    func run(
        _ job: SandboxJob, output: @escaping @Sendable (SandboxOutput) -> Void
    ) async throws(SandboxError) -> SandboxResult
}
