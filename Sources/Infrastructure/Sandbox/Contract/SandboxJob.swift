/// One run of foreign code.
package struct SandboxJob: Sendable {
    /// Where a job works: a tmpfs of its own, its working directory unless it says otherwise, gone with its end. `files` and `collect` are below it.
    package static let workspace = "/job/work"

    /// The program and its arguments, as seen inside. A name without slash is looked up in `PATH`.
    package var command: [String]
    /// The whole environment inside, beside `HOME`, `TMPDIR`, `PATH` and `LANG` where it does not name them. Secrets go here or into
    /// files, never into `command`: that is seen in lists of processes.
    package var environment: [String: String]
    /// Written before the start.
    package var files: [SandboxFile]
    /// Folders or files of this machine shown read-only at the same path, beside /usr and what of /etc programs need to run. The
    /// job's user is a stranger to the machine: it reads there what everybody may.
    package var readOnly: [String]
    /// Relative paths below the workspace whose bytes come back after the end. Nothing of the job runs any more when they are read; a
    /// symbolic link on the way is not followed.
    package var collect: [String]
    package var network: SandboxNetwork
    package var limits: SandboxLimits
    /// A service of the runner's that the job reaches at 127.0.0.1, where nothing else of this machine can be reached.
    package var loopback: SandboxLoopback?
    /// The folder of an image's root file system, used instead of the machine's /usr. The job's user must be able to read it.
    package var image: String?
    /// Where the command starts; an absolute path inside. Nil: in the workspace.
    package var workingDirectory: String?

    package init(
        command: [String], environment: [String: String] = [:], files: [SandboxFile] = [], readOnly: [String] = [],
        collect: [String] = [], network: SandboxNetwork = .none, limits: SandboxLimits = SandboxLimits(),
        loopback: SandboxLoopback? = nil, image: String? = nil, workingDirectory: String? = nil
    ) {
        self.command = command
        self.environment = environment
        self.files = files
        self.readOnly = readOnly
        self.collect = collect
        self.network = network
        self.limits = limits
        self.loopback = loopback
        self.image = image
        self.workingDirectory = workingDirectory
    }
}
