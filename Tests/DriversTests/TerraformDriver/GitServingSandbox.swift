import Drivers
import Glibc
import PlatformModel
import Sandbox
import Synchronization
import TestSupport

/// The real sandbox, with a Git server on the loopback of the job that fetches: https with a certificate of its own, and a password.
final class GitServingSandbox: Sandbox {
    static let url = "https://127.0.0.1:8443/repository.git"
    static let password = "open-sesame-now"

    private let inner: any Sandbox
    private let folder: TemporaryFolder
    private let jobs = Mutex<[SandboxJob]>([])

    /// The jobs so far, as the driver made them.
    var seen: [SandboxJob] { jobs.withLock { $0 } }

    init(_ inner: any Sandbox) async throws {
        self.inner = inner
        folder = try TemporaryFolder("git")
        try await git("git init -q -b main work && cd work && git config user.email a@b.test && git config user.name a")
    }

    /// Commits files; `path: text`.
    func commit(_ files: [String: String], tag: String? = nil) async throws {
        for (path, text) in files {
            let parent = path.split(separator: "/").dropLast().joined(separator: "/")
            _ = try await CommandRun(["mkdir", "-p", folder.file("work/" + parent)])
            try folder.write(text, to: "work/" + path)
        }
        try await git("cd work && git add -A && git commit -q -m x" + (tag.map { " && git tag \($0)" } ?? ""))
    }

    /// Commits a symbolic link.
    func link(_ path: String, to target: String) async throws {
        try await git("cd work && ln -sfn '\(target)' '\(path)' && git add -A && git commit -q -m link")
    }

    private func git(_ script: String) async throws {
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
            try await git(
                "rm -rf repository.git && git clone -q --bare work repository.git && git -C repository.git update-server-info "
                    + "&& tar -cf repository.tar repository.git")
            let text = try await CommandRun(["base64", "-w0", folder.file("repository.tar")]).output
            guard let bytes = Base64.decode(text) else { throw SandboxError("no archive") }
            served.files.append(SandboxFile(path: "repository.tar", bytes: bytes))
        } catch {
            throw SandboxError("the server of the test: \(error)")
        }
        served.files.append(SandboxFile(path: "server.py", text: Self.server))
        served.environment["GIT_SSL_CAINFO"] = "\(SandboxJob.workspace)/certificate.pem"
        served.environment["WANTED"] = "Basic " + Base64.encode(Array("martlet:\(Self.password)".utf8))
        served.command = ["/bin/bash", "-c", Self.start]
        served.network = .none
        return try await inner.run(served, output: output)
    }

    private static let start = """
        openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test \\
            -addext subjectAltName=IP:127.0.0.1 -keyout server.key -out certificate.pem >/dev/null 2>&1
        mkdir served && tar -x --no-same-owner -f repository.tar -C served
        python3 server.py >/dev/null 2>&1 &
        for _ in $(seq 300); do (exec 3<>/dev/tcp/127.0.0.1/8443) 2>/dev/null && break; sleep 0.1; done
        unset WANTED
        exec /bin/bash fetch
        """

    private static let server = """
        import http.server, os, ssl
        wanted = os.environ["WANTED"]
        os.chdir("served")
        class Handler(http.server.SimpleHTTPRequestHandler):
            def do_GET(self):
                if self.headers.get("Authorization") != wanted:
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="git"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                super().do_GET()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 8443), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain("../certificate.pem", "../server.key")
        server.socket = context.wrap_socket(server.socket, server_side=True)
        server.serve_forever()
        """
}
