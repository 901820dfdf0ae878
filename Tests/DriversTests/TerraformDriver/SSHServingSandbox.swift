import Drivers
import Glibc
import PlatformModel
import Sandbox
import Synchronization
import TestSupport

/// The real sandbox, with Debian's OpenSSH server on the loopback of the job that fetches: as the job's own process, with a host key and
/// an authorized key of the test's.
final class SSHServingSandbox: Sandbox {
    static let isAvailable: Bool = {
        let isThere = access("/usr/sbin/sshd", X_OK) == 0 && access("/usr/bin/ssh-keygen", X_OK) == 0
        if !isThere { print("no OpenSSH server on this machine: sources by ssh are not tested against a real one") }
        return isThere
    }()

    static let url = "ssh://job@127.0.0.1:2222/job/work/served/repository.git"

    private let inner: any Sandbox
    private let folder: TemporaryFolder
    private let jobs = Mutex<[SandboxJob]>([])

    var seen: [SandboxJob] { jobs.withLock { $0 } }

    /// - Parameter files: what is committed; `path: text`.
    init(_ inner: any Sandbox, files: [String: String]) async throws {
        self.inner = inner
        folder = try TemporaryFolder("gitssh")
        for name in ["host", "deploy", "other"] {
            try await shell("ssh-keygen -q -t ed25519 -N '' -C '' -f \(name)")
        }
        try await shell("git init -q -b main work && cd work && git config user.email a@b.test && git config user.name a")
        for (path, text) in files { try folder.write(text, to: "work/" + path) }
        try await shell("cd work && git add -A && git commit -q -m x")
        try await shell("git clone -q --bare work repository.git && tar -cf repository.tar repository.git")
    }

    /// The private key of `deploy`, which may come in, or `other`, which may not.
    func key(_ name: String) -> String { folder.read(name) ?? "" }

    /// The line that pins a host to a key; `host` is the server's own.
    func knownHosts(_ name: String = "host") -> String { "[127.0.0.1]:2222 \(folder.read(name + ".pub") ?? "")" }

    private func shell(_ script: String) async throws {
        let run = try await CommandRun(["sh", "-c", "cd '\(folder.path)' && \(script)"])
        guard run.code == 0 else { throw SandboxError(run.error) }
    }

    func run(
        _ job: SandboxJob, output: @escaping @Sendable (SandboxOutput) -> Void
    ) async throws(SandboxError) -> SandboxResult {
        jobs.withLock { $0.append(job) }
        guard job.command.last == "fetch" else { return try await inner.run(job, output: output) }
        var served = job
        do {
            let text = try await CommandRun(["base64", "-w0", folder.file("repository.tar")]).output
            guard let bytes = Base64.decode(text) else { throw SandboxError("no archive") }
            served.files.append(SandboxFile(path: "repository.tar", bytes: bytes))
        } catch {
            throw SandboxError("the server of the test: \(error)")
        }
        served.files.append(SandboxFile(path: "host_key", text: key("host")))
        served.files.append(SandboxFile(path: "authorized_keys", text: folder.read("deploy.pub") ?? ""))
        served.files.append(SandboxFile(path: "sshd_config", text: Self.configuration))
        served.command = ["/bin/bash", "-c", Self.start]
        served.network = .none
        return try await inner.run(served, output: output)
    }

    private static let configuration = """
        Port 2222
        ListenAddress 127.0.0.1
        HostKey /job/work/host_key
        AuthorizedKeysFile /job/work/authorized_keys
        PidFile none
        StrictModes no
        UsePAM no
        PasswordAuthentication no
        KbdInteractiveAuthentication no

        """

    private static let start = """
        chmod 600 host_key
        mkdir served && tar -x --no-same-owner -f repository.tar -C served
        /usr/sbin/sshd -D -f /job/work/sshd_config -E /job/work/sshd.log &
        for _ in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/2222) 2>/dev/null && break; sleep 0.1; done
        /bin/bash fetch
        code=$?
        [ $code = 0 ] || tail -n 5 /job/work/sshd.log
        exit $code
        """
}
