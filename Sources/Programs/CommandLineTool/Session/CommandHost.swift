import Glibc
import PlatformModel
import ServiceAPI
import Synchronization

/// What is around a command: its environment, its terminal, its input.
package struct CommandHost: Sendable {
    /// The size and kind of the terminal.
    package struct Terminal: Sendable {
        package var isInput: Bool
        package var isOutput: Bool
        package var isError: Bool
        /// Columns and lines; what is no terminal has no limit.
        package var width: Int
        package var height: Int

        package init(isInput: Bool, isOutput: Bool, isError: Bool, width: Int = 80, height: Int = 24) {
            self.isInput = isInput
            self.isOutput = isOutput
            self.isError = isError
            self.width = width
            self.height = height
        }

        package static let none = Terminal(isInput: false, isOutput: false, isError: false)
    }

    /// The HTTP clients that a command opened.
    package final class Connections: Sendable {
        private let open = Mutex<[RoomHTTP]>([])

        package init() {}

        func add(_ http: RoomHTTP) { open.withLock { $0.append(http) } }

        func close() async {
            for http in open.withLock({ $0 }) { await http.shutdown() }
        }
    }

    /// What the end of the process frees faster than we could, piece by piece.
    package final class Leftovers: Sendable {
        private let kept = Mutex<[any Sendable]>([])

        package init() {}

        func keep(_ value: some Sendable) { kept.withLock { $0.append(value) } }
    }

    @TaskLocal package static var current = CommandHost.process

    package var environment: [String: String]
    package var terminal: Terminal
    package var write: @Sendable (String) -> Void
    package var writeError: @Sendable (String) -> Void
    /// One line of the terminal or standard input, nil at its end. `echo` false for a password.
    package var readLine: @Sendable (_ echo: Bool) -> String?
    package var readInput: @Sendable (_ limit: Int) -> [UInt8]?
    package let connections: Connections
    package let leftovers: Leftovers

    package init(
        environment: [String: String], terminal: Terminal, write: @escaping @Sendable (String) -> Void,
        writeError: @escaping @Sendable (String) -> Void, readLine: @escaping @Sendable (_ echo: Bool) -> String?,
        readInput: @escaping @Sendable (_ limit: Int) -> [UInt8]?
    ) {
        self.environment = environment
        self.terminal = terminal
        self.write = write
        self.writeError = writeError
        self.readLine = readLine
        self.readInput = readInput
        connections = Connections()
        leftovers = Leftovers()
    }
}

extension CommandHost {
    /// This process.
    package static let process = CommandHost(
        environment: processEnvironment(), terminal: processTerminal(),
        write: { StandardStream.write($0, to: STDOUT_FILENO) }, writeError: { StandardStream.write($0, to: STDERR_FILENO) },
        readLine: StandardStream.readLine, readInput: { LocalFile.read(descriptor: STDIN_FILENO, limit: $0) })

    private static func processEnvironment() -> [String: String] {
        var values: [String: String] = [:]
        for name in Settings.variables + ["HOME", "XDG_CONFIG_HOME", "NO_COLOR", "TERM"] {
            if let value = getenv(name) { values[name] = String(cString: value) }
        }
        return values
    }

    private static func processTerminal() -> Terminal {
        var size = winsize()
        let known = ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0 || ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0
        return Terminal(
            isInput: isatty(STDIN_FILENO) == 1, isOutput: isatty(STDOUT_FILENO) == 1, isError: isatty(STDERR_FILENO) == 1,
            width: known && size.ws_col > 0 ? Int(size.ws_col) : 80, height: known && size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}
