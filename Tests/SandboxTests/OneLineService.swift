import Glibc

/// Says one line to everyone who connects.
enum OneLineService {
    static func serve(_ listener: Int32, _ line: String) async {
        defer { close(listener) }
        while !Task.isCancelled {
            let connection = accept(listener, nil, nil)
            if connection >= 0 {
                _ = line.withCString { write(connection, $0, strlen($0)) }
                close(connection)
            } else {
                // The socket is non-blocking; the job connects when it likes.
                try? await Task.sleep(for: .milliseconds(10))
            }
        }
    }
}
