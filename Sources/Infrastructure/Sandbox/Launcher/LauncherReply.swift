/// What the launcher says, record by record.
enum LauncherReply: Equatable {
    case started
    case output(SandboxOutput.Stream, [UInt8])
    /// A descriptor came with it.
    case listener
    case file(path: String, [UInt8])
    case refused(path: String, reason: String)
    case failure(String)
    case busy
    case end(SandboxResult.Ending)

    /// Nil for what no launcher of this version says.
    init?(type: UInt8, _ content: [UInt8]) {
        switch Unicode.Scalar(type) {
        case "S": self = .started
        case "O": self = .output(.standardOutput, content)
        case "E": self = .output(.standardError, content)
        case "L": self = .listener
        case "X": self = .failure(String(decoding: content, as: UTF8.self))
        case "B": self = .busy
        case "C":
            guard let (path, rest) = Self.named(content) else { return nil }
            self = .file(path: path, rest)
        case "R":
            guard let (path, rest) = Self.named(content) else { return nil }
            self = .refused(path: path, reason: String(decoding: rest, as: UTF8.self))
        case "Z":
            guard let ending = Self.ending(content) else { return nil }
            self = .end(ending)
        default: return nil
        }
    }

    private static func named(_ content: [UInt8]) -> (String, [UInt8])? {
        guard content.count >= 2 else { return nil }
        let length = Int(content[0]) << 8 | Int(content[1])
        guard content.count >= 2 + length else { return nil }
        return (String(decoding: content[2..<(2 + length)], as: UTF8.self), Array(content[(2 + length)...]))
    }

    private static func ending(_ content: [UInt8]) -> SandboxResult.Ending? {
        guard content.count == 5 else { return nil }
        let code = content[1...].reduce(0) { $0 << 8 | Int($1) }
        return switch Unicode.Scalar(content[0]) {
        case "e": .exited(code)
        case "s": .signalled(code)
        case "t": .timedOut
        case "c": .cpuExceeded
        case "m": .outOfMemory
        case "o": .outputExceeded
        case "k": .cancelled
        default: nil
        }
    }
}
