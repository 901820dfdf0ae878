import Dispatch
import Glibc
import Synchronization

/// The socket that systemd would hold: collects what a service tells (sd_notify(3)).
package final class NotifySocket: Sendable {
    package let path: String
    private let descriptor: Int32
    private let messages = Mutex<[String]>([])
    /// Reads what comes, as systemd does: a socket that is full holds up whoever tells something, its end included.
    // Set once, before anybody else has this object; a source may be used from any thread.
    private nonisolated(unsafe) let source: any DispatchSourceRead

    package init(folder: TemporaryFolder) throws {
        path = folder.file("notify.sock")
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { throw SystemFailure("socket", errno) }
        let bound = UnixAddress.with(path) { bind(descriptor, $0, $1) }
        guard bound == 0 else {
            close(descriptor)
            throw SystemFailure("bind", errno)
        }
        self.descriptor = descriptor
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor)
        source.setCancelHandler { close(descriptor) }
        source.setEventHandler { [weak self] in _ = self?.lines() }
        source.resume()
    }

    deinit { source.cancel() }

    /// All lines told so far.
    package func lines() -> [String] {
        messages.withLock { messages in
            var buffer = [UInt8](repeating: 0, count: 4096)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard count > 0 else { return messages }
                messages += String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n").map(String.init)
            }
        }
    }

    package func count(_ line: String) -> Int { lines().filter { $0 == line }.count }

    package func wait(for line: String, within limit: Duration = .seconds(60)) async throws {
        try await eventually(within: limit, "\(line) in \(lines())") { self.lines().contains(line) }
    }
}
