import AccessControl
import Execution
import FaultPoints
import PlatformModel
import Postgres
import ServiceRuntime

/// People's word in deployments: what each step did, stop, try again. All ours.
enum RunRoutes {
    private static let base = DeploymentRoutes.base + "/deploys/{deployId}"

    static func handlers(_ database: PostgresPool, _ control: RunControl) -> [RouteHandler] {
        [
            RouteHandler("GET", base + "/steps") { call in
                try .ok(
                    try await database.withOrg(call.orgID) { transaction in
                        try await StepPictures.all(
                            of: try await DeploymentRoutes.require(call, transaction), .deploy, transaction)
                    })
            },
            RouteHandler("POST", base + "/cancel") { call in
                try .accepted(
                    try await FaultVerb.during("cancel") {
                        try await control.cancel(call.parameter("deployId"), orgID: call.orgID, by: call.principal) {
                            try await context(call, $0)
                        }
                    })
            },
            RouteHandler("POST", base + "/retry") { call in
                let retry = try retry(call)
                return try .accepted(
                    try await FaultVerb.during("retry") {
                        try await control.retry(call.parameter("deployId"), retry, orgID: call.orgID, by: call.principal) {
                            try await context(call, $0)
                        }
                    })
            },
        ]
    }

    private static func context(_ call: RouteCall, _ transaction: PostgresTransaction) async throws -> EnvironmentContext {
        let environment = try await EnvironmentRoutes.require(call, transaction)
        try call.authorize(envType: environment.type)
        return EnvironmentRoutes.context(call, environment.type)
    }

    /// - Throws: 422 with every unknown field, or the first of a wrong type.
    private static func retry(_ call: RouteCall) throws -> RunControl.Retry {
        let timeout = try DeploymentRoutes.timeout(call)
        guard !call.body.isEmpty else { return RunControl.Retry(timeoutSeconds: timeout) }
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        var problems = Problem.unknownFields(members, known: ["nodes", "unknown"])
        if let unknown = members["unknown"]?.string, UnknownFinding(rawValue: unknown) == nil {
            problems.append(
                Problem(
                    code: "API-106", path: "unknown",
                    message: "one of \(UnknownFinding.allCases.map(\.rawValue).joined(separator: ", "))",
                    suggestion: nearestName(to: unknown, among: UnknownFinding.allCases.map(\.rawValue))))
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        do throws(JSONError) {
            let request = try body.decode(RetryRequest.self)
            return RunControl.Retry(nodes: request.nodes ?? [], unknown: request.unknown, timeoutSeconds: timeout)
        } catch {
            throw HTTPFailure.problems("invalid", [Problem(code: "API-102", path: "", message: error.message)])
        }
    }
}

private struct RetryRequest: Decodable {
    var nodes: [String]?
    var unknown: UnknownFinding?
}
