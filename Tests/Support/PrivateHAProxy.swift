import Glibc

/// An HAProxy of a test: own folder, own session, loopback only. Master and worker, as a host runs it. It ends with this object, or
/// with this process, however that ends.
package final class PrivateHAProxy: @unchecked Sendable {
    /// A test drives one instance from one task at a time; that is why the shell needs no lock.
    private var shell: WatchedShell?
    private let temporary: TemporaryFolder
    /// For the one frontend that most tests have.
    private let reserved: ReservedPort

    package init() throws {
        temporary = try TemporaryFolder("haproxy")
        reserved = try ReservedPort()
    }

    package struct SetupError: Error, CustomStringConvertible {
        package let description: String
        init(_ description: String) { self.description = description }
    }

    package var folder: String { temporary.path }
    package var runtimeSocket: String { folder + "/runtime.sock" }
    package var masterSocket: String { folder + "/master.sock" }
    /// A TCP port of 127.0.0.1 that is its own.
    package var port: Int { reserved.number }

    /// The shell leads a process group, which master and workers are in.
    private static let script = """
        haproxy -W -S "$1" -f "$2" </dev/null &
        while read -r _; do :; done
        kill -KILL 0
        """

    /// Starts HAProxy with this configuration file and waits until its runtime socket accepts.
    package func start(configurationFile: String) async throws {
        shell = try WatchedShell(
            "PATH=$PATH:/usr/sbin\n" + Self.script, arguments: [masterSocket, configurationFile], log: folder + "/output")
        do { try await eventually("HAProxy") { accepts() } } catch {
            throw SetupError("HAProxy does not start: \(temporary.read("output") ?? "")")
        }
    }

    /// Ends master and workers at once, as a crash does.
    package func kill() {
        guard shell != nil else { return }
        shell = nil
        // The shell has ended; a worker that is still being ended would take the next one's first connections.
        for _ in 0..<5000 where accepts() { usleep(1000) }
    }

    deinit { kill() }

    private func accepts() -> Bool {
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        defer { close(descriptor) }
        return UnixAddress.with(runtimeSocket) { connect(descriptor, $0, $1) } == 0
    }
}
