import PlatformModel
import PureDrivers
import Sandbox

/// `martlet/terraform`: a Terraform or OpenTofu configuration, inline or from Git, in a sandbox; the same as `humanitec/terraform`.
///
/// Its mark is the state, which the runner keeps by the resource's GUResID: what is in it stands, what an attempt that was lost had
/// made is in it, and the next attempt goes on from there. Inputs and outputs: docs/reference/drivers.md.
package struct TerraformDriver: Driver {
    package let name = "terraform"
    package let canFind = true
    package let canForesee = true
    package let findsByOurRecords = true

    let sandbox: any Sandbox
    let settings: TerraformSettings

    package init(sandbox: any Sandbox, settings: TerraformSettings = TerraformSettings()) {
        self.sandbox = sandbox
        self.settings = settings
    }

    package func check(_ request: DriverRequest) -> [Problem] {
        TerraformInputs.read(request, settings).problems
    }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let inputs = try inputs(of: request)
        let attempt = TerraformAttempt(self, inputs, request, context)
        let source = try await attempt.fetchSource(pinned: false)
        let ended = try await attempt.change(.apply, source)
        try await reach(TerraformDriverFaults.afterApply)
        let outputs = try attempt.outputs(of: ended)
        var result = try TerraformOutputs.result(outputs, manifestsOutput: inputs.manifestsOutput, request)
        result.cookie = attempt.cookie(of: ended, source)
        return result
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        let inputs = try inputs(of: request)
        let attempt = TerraformAttempt(self, inputs, request, context)
        // Nothing in the state is nothing to destroy: no source is needed then, nor a sandbox.
        if let state = try await attempt.state(), !TerraformOutputs.isEmpty(state) {
            let source = try await attempt.fetchSource(pinned: true)
            _ = try await attempt.change(.destroy, source)
            try await reach(TerraformDriverFaults.afterDestroy)
        }
        try await attempt.forgetState()
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        let inputs = try inputs(of: request)
        let attempt = TerraformAttempt(self, inputs, request, context)
        guard let state = try await attempt.state(), !TerraformOutputs.isEmpty(state) else { return .absent }
        var result: DriverResult
        do {
            result = try TerraformOutputs.result(state["outputs"] ?? [:], manifestsOutput: inputs.manifestsOutput, request)
        } catch {
            // Half of it is as good as nothing: provision completes it.
            return .absent
        }
        result.cookie = request.cookie
        return .present(result)
    }

    /// What Terraform would change, by address.
    package func plan(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverPlan {
        let inputs = try inputs(of: request)
        let attempt = TerraformAttempt(self, inputs, request, context)
        guard let state = try await attempt.state(), !TerraformOutputs.isEmpty(state) else { return .create }
        let messages = try await attempt.look(.plan, try await attempt.fetchSource(pinned: false))
        return Self.plan(messages)
    }

    /// What `terraform plan` says: addresses and what becomes of them.
    package func effects(
        of action: ForeseenAction, _ request: DriverRequest, _ context: DriverContext
    ) async throws(DriverError) -> PlannedEffects? {
        let inputs = try inputs(of: request)
        let attempt = TerraformAttempt(self, inputs, request, context)
        switch action {
        case .provision: return try await attempt.look(.plan, try await attempt.fetchSource(pinned: false)).effects
        case .anew: return try await attempt.look(.plan, try await attempt.fetchSource(pinned: false), anew: true).effects
        case .destroy:
            guard let state = try await attempt.state(), !TerraformOutputs.isEmpty(state) else { return PlannedEffects() }
            return try await attempt.look(.planDestruction, try await attempt.fetchSource(pinned: true)).effects
        }
    }

    /// Nobody but its author knows what a configuration makes.
    package func holdsData(_ request: DriverRequest) -> Bool {
        guard let flag = request.values["holds_data"] else { return true }
        return flag.bool != false && flag.string != "false"
    }

    static func plan(_ messages: TerraformMessages) -> DriverPlan {
        let changes = (messages.planned + messages.outputsAlone).prefix(FieldChange.limit).map { planned in
            switch planned.action {
            case "create": FieldChange(planned.address, actual: nil, wanted: "create")
            case "delete": FieldChange(planned.address, actual: "delete", wanted: nil)
            default: FieldChange(planned.address, actual: "as it is", wanted: .string(planned.action))
            }
        }
        if changes.isEmpty { return .none }
        // What is replaced or deleted takes along what it held.
        let isLossy = messages.planned.contains { $0.action == "replace" || $0.action == "delete" }
        return isLossy ? .replace(changes) : .update(changes)
    }

    private func inputs(of request: DriverRequest) throws(DriverError) -> TerraformInputs {
        let (inputs, problems) = TerraformInputs.read(request, settings)
        guard let inputs else { throw DriverError(code: "DRV-701", problems: problems) }
        return inputs
    }
}
