/// Why a sandbox could not be made: the job never began.
package struct SandboxError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What went wrong and what to do; nothing of the job's.
    package var message: String
    /// The same job may do later: the launcher was away or busy.
    package var isTransient: Bool

    package init(_ message: String, isTransient: Bool = false) {
        self.message = message
        self.isTransient = isTransient
    }

    package var description: String { message }
}
