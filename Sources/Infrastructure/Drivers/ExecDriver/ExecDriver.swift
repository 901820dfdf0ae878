import DeployTargets
import PlatformModel
import PureDrivers
import Sandbox

/// `martlet/exec` and `martlet/container`: a program of the organisation's, or of a local image, makes the resource. It runs in a
/// sandbox, as a user of its own, and talks by files (`ExecContract`).
///
/// Where it leaves its mark, only the program knows: one that has an action `find` says so in its definition, and of any other the
/// outcome of a lost step stays unknown.
package struct ExecDriver: Driver {
    package let name: String
    let sandbox: any Sandbox
    let policy: SandboxPolicy
    let images: (any ImageShelf)?

    package let canFind = false

    /// - Parameters:
    ///   - name: `exec`, or `container` for definitions that call it so.
    ///   - images: where root file systems of images come from; nil: `image` is refused.
    package init(name: String = "exec", sandbox: any Sandbox, policy: SandboxPolicy, images: (any ImageShelf)? = nil) {
        self.name = name
        self.sandbox = sandbox
        self.policy = policy
        self.images = images
    }

    package func canFind(_ request: DriverRequest) -> Bool { request.values["find"]?.bool ?? false }

    package func check(_ request: DriverRequest) -> [Problem] {
        let (inputs, problems) = ExecInputs.read(request, policy)
        guard inputs?.image != nil, images == nil else { return problems }
        return [
            Problem(
                code: "DRV-606", path: "driver_inputs.values.image",
                message: "this runner unpacks no images; name a program of its machine instead", suggestion: nil)
        ]
    }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let inputs = try inputs(of: request)
        let run = try await run(.create, inputs, request, context)
        try await keep(run.state, before: request.cookie, context)
        try require(run, request)
        return try run.result(of: request)
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        let run = try await run(.destroy, try inputs(of: request), request, context)
        try await keep(run.state, before: request.cookie, context)
        try require(run, request)
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        let inputs = try inputs(of: request)
        guard inputs.finds else { return .cannotTell }
        let run = try await run(.find, inputs, request, context)
        try require(run, request)
        return run.hasOutputs ? .present(try run.result(of: request)) : .absent
    }

    private func inputs(of request: DriverRequest) throws(DriverError) -> ExecInputs {
        let (inputs, problems) = ExecInputs.read(request, policy)
        guard let inputs else { throw DriverError(code: "DRV-601", problems: problems) }
        return inputs
    }

    private func run(
        _ action: ExecContract.Action, _ inputs: ExecInputs, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> ExecRun {
        var job = SandboxJob(command: inputs.command)
        var lease: ImageLease?
        if let image = inputs.image { lease = try await use(image, inputs, of: request, in: &job) }
        // Until nothing of the job runs any more.
        defer { lease?.release() }
        guard !job.command.isEmpty else {
            throw error("DRV-606", request, "neither the definition nor its image names a program", .invalidInput)
        }
        ExecContract.add(action, inputs, request, to: &job)
        job.readOnly = inputs.image == nil ? policy.readOnly : []
        job.network = inputs.reachesOutside ? .outside : .none
        job.limits = policy.limits
        if let seconds = inputs.timeoutSeconds { job.limits.wallSeconds = min(seconds, job.limits.wallSeconds) }
        context.progress("\(inputs.shownName): \(action.rawValue)")
        do {
            return ExecRun(try await sandbox.run(job) { context.log($0.line) }, inputs: inputs, limits: job.limits)
        } catch {
            throw self.error(
                "DRV-602", request, "the sandbox was not made, so nothing was done: \(error.message)",
                error.isTransient ? .transient : .failed)
        }
    }

    private func use(
        _ image: String, _ inputs: ExecInputs, of request: DriverRequest, in job: inout SandboxJob
    ) async throws(DriverError) -> ImageLease {
        guard let images else { throw error("DRV-606", request, "this runner unpacks no images", .refused) }
        do {
            let unpacked = try await images.unpacked(image)
            job.image = unpacked.folder
            job.environment = unpacked.environment
            job.workingDirectory = unpacked.workingDirectory
            // As Kubernetes has it: a command replaces the entry point and its arguments, arguments alone the arguments.
            if job.command.isEmpty {
                job.command = unpacked.entryPoint + (inputs.arguments.isEmpty ? unpacked.arguments : inputs.arguments)
            }
            return unpacked.lease
        } catch {
            throw self.error(
                "DRV-606", request, "the image '\(image.prefix(200))' cannot be used: \(error.message)",
                error.isTransient ? .transient : .failed)
        }
    }

    /// State that the program wrote is kept however it ended: the next call goes on from there.
    private func keep(_ state: JSON?, before: JSON?, _ context: DriverContext) async throws(DriverError) {
        guard let state, state != before else { return }
        do { try await context.keepCookie(state) } catch {
            throw DriverError(
                code: "DRV-607", message: "the program's state was not kept by the broker; try again", kind: .transient)
        }
    }

    private func require(_ run: ExecRun, _ request: DriverRequest) throws(DriverError) {
        guard let failure = run.failure else { return }
        throw error(failure.code, request, "\(run.inputs.shownName) \(failure.message)", failure.kind)
    }

    private func error(
        _ code: String, _ request: DriverRequest, _ message: String, _ kind: DriverError.Kind
    ) -> DriverError {
        DriverError(code: code, message: "\(request.identity): driver \(name): \(message)", kind: kind)
    }
}
