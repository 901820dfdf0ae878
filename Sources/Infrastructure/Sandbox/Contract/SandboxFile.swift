/// A file in a job's workspace.
package struct SandboxFile: Sendable {
    /// Below the workspace, without `..`; folders on the way are made.
    package var path: String
    package var bytes: [UInt8]
    package var isExecutable: Bool

    package init(path: String, bytes: [UInt8], isExecutable: Bool = false) {
        self.path = path
        self.bytes = bytes
        self.isExecutable = isExecutable
    }

    package init(path: String, text: String, isExecutable: Bool = false) {
        self.init(path: path, bytes: Array(text.utf8), isExecutable: isExecutable)
    }

    /// Whether a path stays in the workspace: relative, no empty, `.` or `..` part, no NUL, at most 4,000 bytes.
    package static func isInside(_ path: String) -> Bool {
        !path.isEmpty && path.utf8.count <= 4000 && !path.utf8.contains(0)
            && path.split(separator: "/", omittingEmptySubsequences: false).allSatisfy { !["", ".", ".."].contains($0) }
    }
}
