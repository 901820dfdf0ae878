import PlatformModel

/// What `echo` gives: the inputs of the definition are the outputs of the resource.
enum EchoRendering {
    static func check(_ request: DriverRequest) -> [Problem] {
        var problems: [Problem] = []
        for (path, input) in [("driver_inputs.values", request.values), ("driver_inputs.secret_refs", request.secrets)]
        where input.object == nil && !input.isNull {
            problems.append(Problem(code: "DRV-101", path: path, message: "an object is needed, not \(input.kind)"))
        }
        return problems
    }

    static func result(_ request: DriverRequest) throws(DriverError) -> DriverResult {
        let problems = check(request)
        if !problems.isEmpty { throw DriverError(code: "DRV-101", problems: problems) }
        return DriverResult(
            values: request.values.isNull ? [:] : request.values, secrets: request.secrets.isNull ? [:] : request.secrets)
    }
}
