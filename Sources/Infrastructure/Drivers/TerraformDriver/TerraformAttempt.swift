import PlatformModel
import PureDrivers
import Sandbox

/// One action of the driver on one resource.
struct TerraformAttempt: Sendable {
    /// A source as it was fetched.
    struct Source: Sendable {
        var archive: [UInt8]
        var git: GitSource
        var commit: String

        /// What a destruction is done by, and where the resource came from.
        var origin: JSON { ["url": .string(git.url), "rev": .string(git.revision), "commit": .string(commit)] }
    }

    let inputs: TerraformInputs
    let request: DriverRequest
    let context: DriverContext
    private let runner: TerraformRun

    init(_ driver: TerraformDriver, _ inputs: TerraformInputs, _ request: DriverRequest, _ context: DriverContext) {
        self.inputs = inputs
        self.request = request
        self.context = context
        runner = TerraformRun(sandbox: driver.sandbox, settings: driver.settings, request: request, context: context)
    }

    private var shelf: any StateShelf {
        get throws(DriverError) {
            if let states = context.states { return states }
            throw runner.error("DRV-703", "there is no place to keep its state", .failed)
        }
    }

    /// Nil when there is none.
    func state() async throws(DriverError) -> JSON? {
        do throws(StateRefusal) {
            guard let bytes = try await shelfOrRefusal().read() else { return nil }
            if let state = try? JSON.parse(bytes) { return state }
        } catch {
            throw refused(error)
        }
        throw runner.error("DRV-703", "the state that is kept is no JSON; repair it by an older version", .failed)
    }

    /// - Parameter pinned: the commit that was fetched last, if the source is still the same.
    func fetchSource(pinned: Bool) async throws(DriverError) -> Source? {
        guard case .git(let git) = inputs.code else { return nil }
        var commit: String?
        if pinned, let kept = TerraformCookie(request.cookie).source, kept["url"]?.string == git.url,
            kept["rev"]?.string == git.revision
        {
            commit = kept["commit"]?.string
        }
        do { return try await fetch(git, commit: commit) } catch {
            // Rewritten since: better by the code of today than not at all.
            guard commit != nil, !Task.isCancelled else { throw error }
            context.log("the commit \(commit ?? "") is not to be had any more; taking \(git.revision)")
            return try await fetch(git, commit: nil)
        }
    }

    private func fetch(_ git: GitSource, commit: String?) async throws(DriverError) -> Source {
        context.progress("fetching \(git.url) at \(commit ?? git.revision)")
        let ended = try await runner.fetch(git.job(commit: commit, runner.settings))
        guard ended.result.ending == .exited(0), let archive = ended.result.collected[GitSource.archive],
            let line = ended.result.collected[GitSource.commitFile]
        else {
            if ended.wasInterrupted { throw runner.error("DRV-708", "it was cancelled while its source was fetched", .failed) }
            let isLarge = ended.result.ending == .exited(3) || ended.result.refused[GitSource.archive] != nil
            let why =
                isLarge
                ? "it has more than \(GitSource.maximumBytes) bytes"
                : ended.messages.lines.suffix(10).joined(separator: "\n") + "\(Self.words(ended.result.ending))"
            throw runner.error(
                "DRV-702", "the source \(git.url) at '\(commit ?? git.revision)' cannot be fetched: \(why)", .failed)
        }
        let name = String(decoding: line.prefix(64), as: UTF8.self).filter { $0.isHexDigit }
        context.log("source: \(git.url) at \(name)")
        return Source(archive: archive, git: git, commit: name)
    }

    /// Applies or destroys, and gives the lock back.
    func change(_ command: TerraformWorkspace.Command, _ source: Source?) async throws(DriverError) -> TerraformRun.Ended {
        let shelf = try shelf
        if Task.isCancelled { throw runner.error("DRV-708", "it was cancelled before it began", .failed) }
        let run: Int64
        do throws(StateRefusal) { run = try await shelf.begin() } catch { throw refused(error) }
        try await reach(TerraformDriverFaults.afterBegin)
        let server = StateServer(shelf: shelf, run: run, password: password())
        let ended: TerraformRun.Ended
        do throws(DriverError) {
            ended = try await runner.run(command, workspace(source, server), server)
        } catch {
            await giveBack(server, run)
            throw error
        }
        var lost = false
        if let state = ended.result.collected[TerraformWorkspace.leftState] {
            // Unstructured: also a cancelled action keeps its state.
            lost = await Task { (try? await shelf.write(state, lockID: nil, run: run)) == nil }.value
        }
        await giveBack(server, run)
        if command == .apply { await keepChoice(of: ended, source) }
        try require(ended, lostState: lost || ended.result.refused[TerraformWorkspace.leftState] != nil)
        return ended
    }

    /// What would be changed; nothing is, and no lock is taken.
    ///
    /// - Parameter anew: as if nothing were in the state.
    func look(
        _ command: TerraformWorkspace.Command, _ source: Source?, anew: Bool = false
    ) async throws(DriverError) -> TerraformMessages {
        let shelf = try shelf
        let server = StateServer(shelf: anew ? EmptyShelf() : shelf, run: nil, password: password())
        let ended = try await runner.run(command, workspace(source, server), server)
        try require(ended, lostState: false)
        return ended.messages
    }

    func outputs(of ended: TerraformRun.Ended) throws(DriverError) -> JSON {
        guard let bytes = ended.result.collected[TerraformWorkspace.outputs] else {
            let why = ended.result.refused[TerraformWorkspace.outputs] ?? "there are none"
            throw runner.error("DRV-706", "the outputs cannot be read: \(why)", .failed)
        }
        guard let outputs = try? JSON.parse(bytes) else { throw runner.error("DRV-706", "the outputs are no JSON", .failed) }
        return outputs
    }

    func forgetState() async throws(DriverError) {
        do throws(StateRefusal) {
            let shelf = try shelfOrRefusal()
            try await shelf.clear(run: try await shelf.begin())
        } catch {
            throw refused(error)
        }
    }

    // MARK: The parts

    private func workspace(_ source: Source?, _ server: StateServer) -> TerraformWorkspace {
        TerraformWorkspace(
            inputs: inputs, settings: runner.settings, source: source?.archive,
            lock: TerraformCookie(request.cookie).lockText(for: inputs.codeDigest(commit: source?.commit)),
            password: server.password)
    }

    /// What the next run is to know of this one.
    func cookie(of ended: TerraformRun.Ended, _ source: Source?) -> JSON? {
        var cookie = TerraformCookie(source: source?.origin)
        if let bytes = ended.result.collected[TerraformWorkspace.lock], !bytes.isEmpty,
            bytes.count <= TerraformCookie.longestLock,
            let text = String(validating: bytes, as: UTF8.self)
        {
            cookie.lock = TerraformCookie.Lock(code: inputs.codeDigest(commit: source?.commit), text: text)
        }
        return cookie.json
    }

    /// A first attempt that fails leaves nothing on record but this: the next one takes the same providers, and what half of it made is
    /// destroyed by the code that made it.
    private func keepChoice(of ended: TerraformRun.Ended, _ source: Source?) async {
        guard request.cookie == nil, !ended.wasFenced, ended.result.ending != .exited(0),
            ended.result.collected[TerraformWorkspace.lock] != nil, let cookie = cookie(of: ended, source)
        else { return }
        let keep = context.keepCookie
        // Unstructured: also a cancelled action keeps it. Without it providers are chosen anew, which is no failure.
        await Task { try? await keep(cookie) }.value
    }

    private func password() -> String {
        context.randomBytes(24).map { byte in
            let digits = Array("0123456789abcdef")
            return "\(digits[Int(byte >> 4)])\(digits[Int(byte & 15)])"
        }.joined()
    }

    /// A lock that an ended process left is given back, so that the next run need not wait for its end.
    private func giveBack(_ server: StateServer, _ run: Int64) async {
        guard let id = server.lockID, let shelf = context.states else { return }
        // Unstructured: also a cancelled action gives its lock back.
        await Task { try? await shelf.unlock(id: id, run: run) }.value
    }

    private func shelfOrRefusal() throws(StateRefusal) -> any StateShelf {
        if let states = context.states { return states }
        throw .unavailable("there is no place to keep it")
    }

    private func require(_ ended: TerraformRun.Ended, lostState: Bool) throws(DriverError) {
        if ended.wasFenced { throw refused(.fenced) }
        if lostState {
            throw runner.error(
                "DRV-703", "it ended, and its state could not be kept: what it made since is not known; look at the real system",
                .unknown)
        }
        if ended.result.ending == .exited(0) { return }
        var words = Self.words(ended)
        if inputs.appendsLogs, !ended.messages.lines.isEmpty {
            words += "\nits last lines:\n" + ended.messages.lines.joined(separator: "\n")
        }
        if !inputs.needsNetwork, words.contains("dial tcp") || words.contains("lookup ") {
            words += "\nit runs without network; if it needs one, say so in the definition: network: true"
        }
        switch ended.result.ending {
        case .exited(let code):
            let kind: DriverError.Kind = code == 91 || code == 92 ? .invalidInput : .failed
            throw runner.error(ended.wasInterrupted ? "DRV-708" : "DRV-705", words, kind)
        default:
            // Killed in the act: what it did since it last saved its state is known to nobody.
            throw runner.error(ended.wasInterrupted ? "DRV-708" : "DRV-709", words, .unknown)
        }
    }

    private func refused(_ refusal: StateRefusal) -> DriverError {
        switch refusal {
        case .fenced: runner.error("DRV-707", "a later run of this resource has begun, so this one was ended", .failed)
        case .locked(let lock): runner.error("DRV-707", "the state is locked: \(lock.info)", .transient)
        case .notHeld: runner.error("DRV-707", "the lock on the state was lost", .failed)
        case .unusable(let why): runner.error("DRV-703", "the state cannot be kept: \(why)", .failed)
        case .unavailable(let why): runner.error("DRV-703", "the state cannot be reached: \(why)", .transient)
        }
    }

    private static func words(_ ended: TerraformRun.Ended) -> String {
        let messages = ended.messages
        switch ended.result.ending {
        case .exited(90): return "the configuration cannot be unpacked\n" + messages.lines.suffix(5).joined(separator: "\n")
        case .exited(91): return "the source has no such folder"
        case .exited(92):
            return
                "the override file \(messages.lines.last ?? "") sets a backend or cloud; the state is kept by Martlet: remove that"
        case .exited(93): return "init failed\n" + messages.lines.suffix(20).joined(separator: "\n")
        case .exited(127): return "there is no such program on the runner's machine; see terraform.program in runner.yaml"
        case .exited(let code):
            if !messages.errors.isEmpty { return messages.errors.joined(separator: "\n") }
            return "it ended with \(code)\n" + messages.lines.suffix(10).joined(separator: "\n")
        default: return messages.errors.joined(separator: "\n") + words(ended.result.ending)
        }
    }

    private static func words(_ ending: SandboxResult.Ending) -> String {
        switch ending {
        case .exited(let code): "(it ended with \(code))"
        case .signalled(let signal): "it was ended by signal \(signal)"
        case .timedOut: "it took too long"
        case .cpuExceeded: "it used too much processor time"
        case .outOfMemory: "it needed more memory than it may have (terraform.memory_mib in runner.yaml)"
        case .outputExceeded: "it printed more than it may"
        case .cancelled: "it was cancelled"
        case .lost: "its sandbox was lost"
        }
    }
}
