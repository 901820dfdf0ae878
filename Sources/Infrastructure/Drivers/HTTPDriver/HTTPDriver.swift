import PlatformModel
import PureDrivers
import Schemas

/// A driver of an organisation's own, behind the published driver API v0.9.3 (humanitec.md 3.1): PUT, GET and DELETE of a resource by its
/// GUResID.
///
/// The GUResID in the path is the mark: the driver keeps what it made by it, and a PUT of the same resource is, by that API, the same
/// effect however often it arrives. So a lost step is asked again.
package struct HTTPDriver: Driver {
    let registration: ResourceDriver
    let address: DriverAddress
    let connector: any DriverConnector
    let limits: HTTPDriverLimits

    package let canFind = true
    package var name: String { registration.driverType }

    package init(
        _ registration: ResourceDriver, at address: DriverAddress, connector: any DriverConnector,
        limits: HTTPDriverLimits = HTTPDriverLimits()
    ) {
        self.registration = registration
        self.address = address
        self.connector = connector
        self.limits = limits
    }

    package func check(_ request: DriverRequest) -> [Problem] { registration.problems(of: request) }

    package func provision(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> DriverResult {
        try registration.require(request)
        var exchange = DriverExchange(self, request, context)
        let answer = try await exchange.ask(.put)
        switch answer.status {
        case 200, 201: return try result(answer, exchange)
        default: throw refusal(answer, exchange)
        }
    }

    package func destroy(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) {
        var exchange = DriverExchange(self, request, context)
        let answer = try await exchange.ask(.delete)
        switch answer.status {
        case 200, 204: return
        default: throw refusal(answer, exchange)
        }
    }

    package func find(_ request: DriverRequest, _ context: DriverContext) async throws(DriverError) -> Finding {
        var exchange = DriverExchange(self, request, context)
        let answer = try await exchange.ask(.get)
        switch answer.status {
        case 200: return .present(try result(answer, exchange))
        case 404: return .absent
        // At work, or a driver that does not read.
        case 202, 405, 409: return .cannotTell
        default: throw refusal(answer, exchange)
        }
    }

    // MARK: Answers

    private func result(_ answer: DriverAnswer, _ exchange: DriverExchange) throws(DriverError) -> DriverResult {
        let request = exchange.request
        do {
            var result = try DriverOutputs.read(answer.body, type: request.identity.type)
            result.cookie = exchange.keptCookie
            return result
        } catch {
            throw self.error("DRV-507", request, "the driver's answer cannot be used: \(error.words)", .failed)
        }
    }

    private func refusal(_ answer: DriverAnswer, _ exchange: DriverExchange) -> DriverError {
        let request = exchange.request, said = exchange.said(answer)
        return switch answer.status {
        case 400, 422: error("DRV-504", request, "the driver refuses the request: \(said)", .invalidInput)
        case 300...399:
            error(
                "DRV-505", request,
                "the driver answers \(answer.status), a redirect, and secrets follow none; register the address that it leads to",
                .refused)
        case 401, 403: error("DRV-505", request, "the driver does not let the runner in: \(said)", .refused)
        default:
            error("DRV-505", request, "the driver answers what its API does not have: \(said); is its address right?", .failed)
        }
    }

    /// An error that names the resource and the driver.
    func error(_ code: String, _ request: DriverRequest, _ message: String, _ kind: DriverError.Kind) -> DriverError {
        DriverError(code: code, message: "\(request.identity): driver \(name): \(message)", kind: kind)
    }
}

extension ResourceDriver {
    /// What is wrong with the inputs of a definition, by the registered schema, and whether the driver makes such a resource.
    func problems(of request: DriverRequest) -> [Problem] {
        var problems: [Problem] = []
        if !type.isEmpty, type != request.identity.type {
            problems.append(
                Problem(
                    code: "DRV-501", path: "type", message: "the driver \(driverType) makes resources of the type '\(type)'",
                    suggestion: type))
        }
        do {
            let schema = try JSONSchema(inputsSchema)
            let inputs: JSON = ["values": request.values, "secrets": request.secrets]
            problems += schema.violations(of: inputs).map { violation in
                Problem(
                    code: "DRV-501", path: Self.place(violation.path), message: violation.message,
                    suggestion: violation.suggestion)
            }
        } catch {
            problems.append(
                Problem(
                    code: "DRV-501", path: "inputs_schema", message: "the driver \(driverType) is registered with a broken schema"
                ))
        }
        return problems
    }

    /// - Throws: `DRV-501` with everything that is wrong.
    func require(_ request: DriverRequest) throws(DriverError) {
        let problems = problems(of: request)
        if !problems.isEmpty { throw DriverError(code: "DRV-501", problems: problems) }
    }

    /// As definitions call it.
    private static func place(_ path: String) -> String {
        path.hasPrefix("secrets") ? "driver_inputs.secret_refs" + path.dropFirst("secrets".count) : "driver_inputs." + path
    }
}
