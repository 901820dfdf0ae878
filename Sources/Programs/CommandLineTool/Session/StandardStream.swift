import Glibc

/// The standard streams of this process.
enum StandardStream {
    /// Writes all of it; a reader that went away (`| head`) ends the process as SIGPIPE would.
    static func write(_ text: String, to descriptor: Int32) {
        var text = text
        text.withUTF8 { whole in
            var bytes = UnsafeRawBufferPointer(whole)
            while !bytes.isEmpty {
                let count = Glibc.write(descriptor, bytes.baseAddress, bytes.count)
                if count > 0 {
                    bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(count))
                } else if errno == EPIPE {
                    exit(128 + SIGPIPE)
                } else if errno != EINTR && errno != EAGAIN {
                    return
                }
            }
        }
    }

    /// One line of standard input; without echo for a password.
    static func readLine(echo: Bool) -> String? {
        guard !echo, isatty(STDIN_FILENO) == 1 else { return Swift.readLine() }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else { return Swift.readLine() }
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            write("\n", to: STDERR_FILENO)
        }
        return Swift.readLine()
    }
}
