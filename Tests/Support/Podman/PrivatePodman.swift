import AsyncHTTPClient
import FoundationEssentials
import Glibc
import NIOCore
import NIOHTTP1
import PlatformModel

/// A Podman of this test process alone: in its own process, network and mount namespaces, everything under one folder on a
/// tmpfs. It ends, and the folder goes, when this process ends, however that happens. Needs root, podman and busybox-static.
package final class PrivatePodman: Sendable {
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
        package init(description: String) { self.description = description }
    }

    /// Its API's socket.
    package let socket: String
    /// On a tmpfs; goes with the process. Make folders for secrets and output here.
    package let folder: String
    /// The static program, compiled from the sources.
    package let martletEnv: String
    /// The process that holds the namespaces, for `nsenter`.
    private let holder: pid_t

    private static let started = Task { try await PrivatePodman() }

    /// One for the whole process: started by the first who asks.
    package static func shared() async throws -> PrivatePodman { try await started.value }

    /// One for a test that ends its service; it goes with the process, too.
    package static func another() async throws -> PrivatePodman { try await PrivatePodman() }

    /// For `.enabled(if:)`.
    package static let isAvailable = geteuid() == 0 && access("/usr/bin/podman", X_OK) == 0 && busybox != nil

    private static let busybox: String? = ["/bin/busybox", "/usr/bin/busybox"].first { access($0, X_OK) == 0 }

    private static func script(_ name: String) -> String {
        let support = #filePath.split(separator: "/").dropLast(4).joined(separator: "/")
        return "/\(support)/scripts/\(name)"
    }

    private init() async throws {
        var template = Array("/dev/shm/mpodman-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil, chmod(template, 0o755) == 0 else { throw SystemFailure("mkdtemp", errno) }
        folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        socket = "\(folder)/podman.sock"
        martletEnv = "\(folder)/martlet-env"
        // Sockets, since a pipe cannot be made close-on-exec at once here: a child of another thread would hold the other end open.
        var ends: [Int32] = [0, 0]
        guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
            throw SystemFailure("socketpair", errno)
        }
        // The other end stays open, unused, for as long as this process lives: its end of file is the signal to clean up.
        let parts = [
            "/usr/bin/unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "--propagation", "slave",
            Self.script("podman-namespace"), "run", "--here", "--state", folder,
        ]
        holder = try Self.spawn(parts, input: ends[0])
        close(ends[0])
        let compiler = try Self.spawn([Self.script("build-martlet-env"), martletEnv], input: nil)
        var status: Int32 = 0
        guard waitpid(compiler, &status, 0) == compiler, status == 0 else { throw Failure(description: "martlet-env: \(status)") }
        try await poll(seconds: 120, "Podman") { await self.answers() }
        try await buildBusybox()
    }

    private static func spawn(_ arguments: [String], input: Int32?) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        if let input { posix_spawn_file_actions_adddup2(&actions, input, 0) }
        var pid: pid_t = 0
        let words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        let code = posix_spawn(&pid, arguments[0], &actions, nil, words, environ)
        guard code == 0 else { throw Failure(description: "\(arguments[0]): \(code)") }
        return pid
    }

    // MARK: Podman's API

    /// Sends a request to `/v4.0.0/libpod` + `path`; the status and the answer.
    package func call(
        _ method: String, _ path: String, type: String = "application/json", body: [UInt8] = []
    ) async throws -> (status: Int, body: JSON) {
        let host = socket.split(separator: "/").joined(separator: "%2F")
        var request = HTTPClientRequest(url: "http+unix://%2F\(host)/v4.0.0/libpod\(path)")
        request.method = .init(rawValue: method)
        // Podman's server refuses the socket's path, which is the host of such a URL.
        request.headers.add(name: "Host", value: "podman")
        request.headers.add(name: "Content-Type", value: type)
        if !body.isEmpty { request.body = .bytes(ByteBuffer(bytes: body)) }
        let response = try await HTTPClient.shared.execute(request, deadline: .now() + .seconds(60))
        let bytes = try await response.body.collect(upTo: 16 << 20)
        return (Int(response.status.code), (try? JSON.parse(bytes.readableBytesView)) ?? .null)
    }

    /// What a POST streams back, with the frames of Podman's attach stream taken off.
    package func output(_ path: String, body: String) async throws -> String {
        let host = socket.split(separator: "/").joined(separator: "%2F")
        var request = HTTPClientRequest(url: "http+unix://%2F\(host)/v4.0.0/libpod\(path)")
        request.method = .POST
        request.headers.add(name: "Host", value: "podman")
        request.headers.add(name: "Content-Type", value: "application/json")
        request.body = .bytes(ByteBuffer(string: body))
        let response = try await HTTPClient.shared.execute(request, deadline: .now() + .seconds(60))
        var rest = Array(try await response.body.collect(upTo: 16 << 20).readableBytesView)[...], text: [UInt8] = []
        while rest.count >= 8 {
            let length = rest.prefix(8).suffix(4).reduce(0) { $0 << 8 | Int($1) }
            text += rest.dropFirst(8).prefix(length)
            rest = rest.dropFirst(8 + length)
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Runs a program of the machine in Podman's network namespace; what it printed.
    package func inside(_ arguments: String...) throws -> String { try inside(arguments) }

    package func inside(_ arguments: [String]) throws -> String {
        try Command.output("/usr/bin/nsenter", ["--target", String(holder), "--net", "--"] + arguments)
    }

    /// Kills the service, which is started again; containers run on.
    package func killService() async throws {
        let own = Self.link("/proc/\(holder)/ns/net")
        let entries = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap(pid_t.init)
        let service = entries.first { pid in
            guard Self.link("/proc/\(pid)/ns/net") == own, let words = try? Self.read("/proc/\(pid)/cmdline") else {
                return false
            }
            return words.starts(with: "podman\0system\0service\0".utf8)
        }
        guard let service else { throw Failure(description: "no service") }
        kill(service, SIGKILL)
        try await poll("a new service") { await self.answers() }
    }

    private static func link(_ path: String) -> String? { try? FileManager.default.destinationOfSymbolicLink(atPath: path) }

    package func makeFolder(_ path: String) throws {
        guard mkdir(path, 0o755) == 0 else { throw Failure(description: "\(path): \(errno)") }
    }

    private func answers() async -> Bool {
        (try? await call("GET", "/info"))?.status == 200
    }

    // MARK: Images

    /// The image that most tests use: busybox with its usual names in /bin.
    package static let busyboxImage = "localhost/busybox:test"

    private func buildBusybox() async throws {
        var archive = TarArchive()
        archive.folder("bin")
        archive.folder("tmp", mode: 0o1777)
        archive.file("bin/busybox", try Self.read(Self.busybox ?? ""))
        for name in [
            "sh", "cat", "echo", "env", "false", "httpd", "id", "ls", "nc", "sleep", "test", "touch", "true", "wget", "yes",
        ] {
            archive.link("bin/\(name)", to: "busybox")
        }
        try await buildImage(Self.busyboxImage, archive, changes: ["ENV PATH=/bin", #"CMD ["/bin/sleep","1000000"]"#])
    }

    /// Imports an archive as an image; `changes` are Dockerfile lines (CMD, ENTRYPOINT, ENV, USER, WORKDIR).
    package func buildImage(_ name: String, _ archive: TarArchive, changes: [String] = []) async throws {
        func encode(_ text: String) -> String {
            text.utf8.map { byte in
                let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5a).contains(byte) || (0x61...0x7a).contains(byte)
                return isPlain ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }.joined()
        }
        let query = changes.map { "&changes=\(encode($0))" }.joined()
        let answer = try await call(
            "POST", "/images/import?reference=\(encode(name))\(query)", type: "application/x-tar", body: archive.bytes)
        guard answer.status == 200 else { throw Failure(description: "image \(name): \(answer)") }
    }

    package static func read(_ path: String) throws -> [UInt8] {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw Failure(description: "\(path): \(errno)") }
        defer { close(file) }
        var bytes: [UInt8] = [], chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = chunk.withUnsafeMutableBytes { Glibc.read(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return bytes }
            bytes += chunk[..<count]
        }
    }

    // MARK: Waiting

    /// Asks again every 20 ms until it is so; fails after a time.
    package func poll(seconds: Int = 60, _ what: String = "the condition", _ isSo: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !isSo() {
            guard ContinuousClock.now < deadline else { throw Failure(description: "\(what): not within \(seconds) s") }
            // A poll with a deadline.
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}
