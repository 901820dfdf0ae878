import Glibc

/// An HAProxy of a test: own folder, own process group, loopback only. Master and worker, as a host runs it.
package final class PrivateHAProxy: @unchecked Sendable {
    /// A test drives one instance from one task at a time; that is why the pid needs no lock.
    private var pid: pid_t = 0
    private let temporary: TemporaryFolder

    package init() throws { temporary = try TemporaryFolder("haproxy") }

    package struct SetupError: Error, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    package var folder: String { temporary.path }
    package var runtimeSocket: String { folder + "/runtime.sock" }
    package var masterSocket: String { folder + "/master.sock" }

    /// Starts HAProxy with this configuration file and waits until its runtime socket accepts.
    package func start(configurationFile: String) async throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        let output = folder + "/output"
        posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        let words = ["haproxy", "-W", "-S", masterSocket, "-f", configurationFile]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        let result = posix_spawn(&pid, "/usr/sbin/haproxy", &actions, &attributes, &arguments, environ)
        guard result == 0 else { throw SetupError("haproxy: \(String(cString: strerror(result)))") }
        let deadline = ContinuousClock.now + .seconds(15)
        while !accepts() {
            guard ContinuousClock.now < deadline else { throw SetupError("HAProxy does not start; see \(output)") }
            // A poll with a deadline.
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    /// Ends master and workers at once, as a crash does.
    package func kill() {
        guard pid > 0 else { return }
        _ = Glibc.kill(-pid, SIGKILL)
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        pid = 0
    }

    deinit { kill() }

    private func accepts() -> Bool {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(runtimeSocket.utf8)) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
    }

    /// A TCP port of 127.0.0.1 that nothing listens on now.
    package static func freePort() -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        _ = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) + getsockname(descriptor, $0, &length)
            }
        }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
