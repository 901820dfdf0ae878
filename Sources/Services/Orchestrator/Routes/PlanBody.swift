import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Reads the body of `plans`. The route is ours, so an unknown field is refused by its path, and never ignored.
enum PlanBody {
    private static let sources = ["delta_id", "files", "plan_id", "set_id"]
    private static let fields = sources + ["comment", "mode", "removing", "value_set_version_id"]

    /// - Throws: 400 for what is no JSON object; 422 with every unknown field, several things to plan, or the first field of a wrong type.
    static func read(_ call: RouteCall) throws -> PlanRequest {
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        var problems = Problem.unknownFields(members, known: fields) + ScoreDeployBody.unknownInFiles(members)
        let given = sources.filter { members[$0].map { !$0.isNull } ?? false }
        if given.count > 1 {
            problems.append(
                Problem(
                    code: "API-106", path: given[1],
                    message: "one thing is planned at a time, and \(given.joined(separator: ", ")) are given"))
        }
        if let count = members["removing"]?.array?.count, count > 1000 {
            problems.append(Problem(code: "API-106", path: "removing", message: "at most 1000 resources, these are \(count)"))
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        do throws(JSONError) { return try body.decode(PlanRequest.self) } catch {
            throw HTTPFailure.problems("invalid", [Problem(code: "API-102", path: "", message: error.message)])
        }
    }
}
