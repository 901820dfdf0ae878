/// What of a server lies on tmpfs: files for its container to be started with. After a start of the machine they are made anew.
struct ServerFolders: Sendable {
    private let roots: (secrets: SecretFiles, probes: PrivateFolder)

    init(_ supervisor: Supervisor) { roots = (supervisor.secrets, supervisor.probes) }

    private var allSecrets: PrivateFolder { roots.secrets.root.folder(ServerNames.folderName) }
    private var allSockets: PrivateFolder { roots.probes.folder(ServerNames.folderName) }

    /// Its secrets; empty once it runs.
    func secrets(_ names: ServerNames) -> PrivateFolder { allSecrets.folder(names.folder) }
    /// Its socket and its table of accounts.
    func own(_ names: ServerNames) -> PrivateFolder { allSockets.folder(names.folder) }
    func socket(_ names: ServerNames) -> PrivateFolder { own(names).folder("socket") }

    /// Makes what is missing.
    func make(_ names: ServerNames) throws(DeployError) {
        try roots.secrets.prepare()
        do throws(PrivateFolder.Failure) {
            try roots.probes.make()
            try allSecrets.make()
            try allSecrets.makeFolder(names.folder, mode: 0o755)
            try allSockets.make()
            // The outermost folder is closed to everybody else; inside the container there is another user.
            try allSockets.makeFolder(names.folder, mode: 0o755)
            try own(names).makeFolder("socket", mode: 0o777)
            // One that is mounted stays the file that it is.
            guard !own(names).exists("passwd") else { return }
            let users = "server:x:64999:64999:server:/martlet/data:/usr/sbin/nologin\n"
            try own(names).write("passwd", Array(users.utf8), mode: 0o444)
        } catch {
            throw Self.failure(error)
        }
    }

    func write(_ secrets: [String: String], _ names: ServerNames) throws(DeployError) {
        do throws(PrivateFolder.Failure) {
            for (name, text) in secrets { try self.secrets(names).write(name, Array(text.utf8), mode: 0o444) }
        } catch {
            throw Self.failure(error)
        }
    }

    func forgetSecrets(_ names: ServerNames) {
        let folder = secrets(names)
        for name in folder.entries { folder.remove(name) }
    }

    func remove(_ names: ServerNames) {
        allSecrets.remove(names.folder)
        allSockets.remove(names.folder)
    }

    private static func failure(_ failure: PrivateFolder.Failure) -> DeployError {
        DeployError(code: "DEP-003", kind: .transient, message: failure.message)
    }
}
