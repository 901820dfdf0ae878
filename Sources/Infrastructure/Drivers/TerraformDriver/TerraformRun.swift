import PlatformModel
import PureDrivers
import Sandbox
import Synchronization

/// One run of Terraform in a sandbox, with the server of its state beside it.
struct TerraformRun: Sendable {
    struct Ended: Sendable {
        var result: SandboxResult
        var messages: TerraformMessages
        /// Its own word, or a later run's, ended it.
        var wasInterrupted: Bool
        var wasFenced: Bool
    }

    let sandbox: any Sandbox
    let settings: TerraformSettings
    let request: DriverRequest
    let context: DriverContext

    /// Runs a job that has no state: a source is fetched.
    func fetch(_ job: SandboxJob) async throws(DriverError) -> Ended {
        let messages = Heard(context: context, hidden: [])
        do {
            let result = try await sandbox.run(job) { messages.take($0) }
            return Ended(result: result, messages: messages.all, wasInterrupted: Task.isCancelled, wasFenced: false)
        } catch {
            throw self.error(
                "DRV-704", "the sandbox could not be made: \(error.message)", error.isTransient ? .transient : .failed)
        }
    }

    /// Runs a command against the state. Cancelled, Terraform is asked to stop and to save its state before the sandbox is ended.
    func run(_ command: TerraformWorkspace.Command, _ workspace: TerraformWorkspace, _ server: StateServer)
        async throws(DriverError)
        -> Ended
    {
        let messages = Heard(context: context, hidden: [workspace.password, workspace.basic])
        let job = workspace.job(command) { await server.serve($0) }
        let interrupted = Mutex(false)
        // Unstructured, since the sandbox must outlive the cancellation of this task for as long as Terraform saves its state; it is
        // awaited below in any case.
        let work = Task { () async -> Result<SandboxResult, SandboxError> in
            do throws(SandboxError) {
                return .success(try await sandbox.run(job) { messages.take($0) })
            } catch {
                return .failure(error)
            }
        }
        let outcome = await withTaskGroup(of: Void.self) { group in
            group.addTask { await keepLock(server, work) }
            let outcome = await withTaskCancellationHandler {
                await work.value
            } onCancel: {
                interrupted.withLock { $0 = true }
                server.interrupt()
                // What only looks has nothing to end and nothing to save.
                guard server.run != nil else { return work.cancel() }
                // Unstructured: nobody waits for the end of the grace but the run itself, and it ends with the run.
                Task {
                    try? await Task.sleep(for: .seconds(settings.graceSeconds))
                    work.cancel()
                }
            }
            group.cancelAll()
            return outcome
        }
        switch outcome {
        case .success(let result):
            return Ended(
                result: result, messages: messages.all, wasInterrupted: interrupted.withLock(\.self), wasFenced: server.isFenced)
        case .failure(let error):
            throw self.error(
                "DRV-704", "the sandbox could not be made: \(error.message)", error.isTransient ? .transient : .failed)
        }
    }

    /// Renews the lock's lease. A run that is the latest no more can save nothing: it is ended at once.
    private func keepLock(_ server: StateServer, _ work: Task<Result<SandboxResult, SandboxError>, Never>) async {
        guard let run = server.run else { return }
        while (try? await Task.sleep(for: .seconds(server.shelf.leaseSeconds / 3))) != nil {
            do { try await server.shelf.renew(run: run) } catch {
                // A database that is away for a moment ends nothing: what is written then is refused or asked again.
                guard error == .fenced else { continue }
                server.markFenced()
                work.cancel()
                return
            }
        }
    }

    func error(_ code: String, _ message: String, _ kind: DriverError.Kind) -> DriverError {
        DriverError(code: code, message: "\(request.identity): terraform: \(message)", kind: kind)
    }
}

/// What a run prints, on its way to people: bounded, and without the run's own password.
final class Heard: Sendable {
    private static let loggedLines = 2000

    private let context: DriverContext
    private let hidden: [String]
    private let state = Mutex<(messages: TerraformMessages, logged: Int)>((TerraformMessages(), 0))

    init(context: DriverContext, hidden: [String]) {
        self.context = context
        self.hidden = hidden
    }

    var all: TerraformMessages { state.withLock(\.messages) }

    func take(_ output: SandboxOutput) {
        var line = output.line
        for secret in hidden where line.contains(secret) { line = line.replacing(secret, with: "******") }
        let (progress, log) = state.withLock { state -> (String?, String?) in
            let told = state.messages.take(line)
            if told.log != nil { state.logged += 1 }
            return (told.progress, state.logged <= Self.loggedLines ? told.log : nil)
        }
        if let progress { context.progress(progress) }
        if let log { context.log(log) }
    }
}
