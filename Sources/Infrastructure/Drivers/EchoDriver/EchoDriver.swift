import PlatformModel

/// `martlet/echo`: the inputs of the definition are the outputs of the resource.
///
/// Values become outputs and secrets become secret outputs, unchanged. It is how what stands already, such as a hand-made
/// database, is handed to workloads.
package struct EchoDriver: Driver {
    package let name = "echo"
    /// It leaves nothing behind, so a lost step is simply done again.
    package let canFind = true

    package init() {}

    package func check(_ request: DriverRequest) -> [Problem] {
        var problems: [Problem] = []
        for (path, input) in [("driver_inputs.values", request.values), ("driver_inputs.secret_refs", request.secrets)]
        where input.object == nil && !input.isNull {
            problems.append(Problem(code: "DRV-101", path: path, message: "an object is needed, not \(input.kind)"))
        }
        return problems
    }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        let problems = check(request)
        if !problems.isEmpty { throw DriverError(code: "DRV-101", problems: problems) }
        return DriverResult(
            values: request.values.isNull ? [:] : request.values, secrets: request.secrets.isNull ? [:] : request.secrets)
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {}

    /// Always present: the result follows from the inputs alone.
    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        .present(try await provision(request, context))
    }
}
