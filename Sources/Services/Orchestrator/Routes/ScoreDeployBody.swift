import PlatformModel
import ServiceAPI
import ServiceRuntime

/// Reads the body of `score-deploys`. The route is ours, so an unknown field is refused by its path, and never ignored.
enum ScoreDeployBody {
    private static let fields = ["files", "comment", "mode"]
    private static let fileFields = ["name", "score", "overrides", "extensions", "properties", "image", "sources"]

    /// - Throws: 400 for what is no JSON object; 422 with every unknown field, or the first one of a wrong type.
    static func read(_ call: RouteCall) throws -> ScoreDeployRequest {
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        let problems = Problem.unknownFields(members, known: fields) + unknownInFiles(members)
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        do throws(JSONError) { return try body.decode(ScoreDeployRequest.self) } catch {
            throw HTTPFailure.problems("invalid", [Problem(code: "API-102", path: "", message: error.message)])
        }
    }

    static func unknownInFiles(_ members: [String: JSON]) -> [Problem] {
        (members["files"]?.array ?? []).enumerated().flatMap { index, file in
            Problem.unknownFields(file.object ?? [:], known: fileFields, at: "files[\(index)].")
        }
    }
}
