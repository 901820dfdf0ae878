import Synchronization

/// What the launcher said about one job.
final class Conversation: Sendable {
    fileprivate struct Heard {
        var hasStarted = false
        var isBusy = false
        var failure: String?
        var ending: SandboxResult.Ending?
        var collected: [String: [UInt8]] = [:]
        var refused: [String: String] = [:]
        var lines: [SandboxOutput.Stream: OutputLines] = [:]
    }

    private let heard = Mutex(Heard())
    private let output: @Sendable (SandboxOutput) -> Void

    init(output: @escaping @Sendable (SandboxOutput) -> Void) { self.output = output }

    func hear(_ reply: LauncherReply) {
        let lines = heard.withLock { heard in heard.take(reply) }
        for line in lines { output(line) }
    }

    /// Nil when the launcher had no place for the job.
    func result(isCancelled: Bool, path: String) throws(SandboxError) -> SandboxResult? {
        let (heard, lines) = heard.withLock { heard in
            let rest = heard.rest()
            return (heard, rest)
        }
        for line in lines { output(line) }
        if isCancelled { return SandboxResult(ending: .cancelled) }
        if heard.isBusy { return nil }
        if let failure = heard.failure { throw SandboxError(failure) }
        guard heard.hasStarted else {
            throw SandboxError("the launcher at \(path) closed the connection before the job began", isTransient: true)
        }
        guard let ending = heard.ending else { return SandboxResult(ending: .lost) }
        return SandboxResult(ending: ending, collected: heard.collected, refused: heard.refused)
    }
}

extension Conversation.Heard {
    fileprivate mutating func take(_ reply: LauncherReply) -> [SandboxOutput] {
        switch reply {
        case .started: hasStarted = true
        case .busy: isBusy = true
        case .listener: break
        case .failure(let text): failure = text
        case .end(let how): ending = how
        case .file(let path, let bytes): collected[path] = bytes
        case .refused(let path, let reason): refused[path] = reason
        case .output(let stream, let bytes):
            return lines[stream, default: OutputLines()].take(bytes).map { SandboxOutput(stream: stream, line: $0) }
        }
        return []
    }

    fileprivate mutating func rest() -> [SandboxOutput] {
        [SandboxOutput.Stream.standardOutput, .standardError].compactMap { stream in
            lines[stream]?.finish().map { SandboxOutput(stream: stream, line: $0) }
        }
    }
}
