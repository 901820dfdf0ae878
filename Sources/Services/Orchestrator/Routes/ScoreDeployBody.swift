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
        let problems = unknown(in: members, known: fields, at: "") + unknownInFiles(members)
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        do throws(JSONError) { return try body.decode(ScoreDeployRequest.self) } catch {
            throw HTTPFailure.problems("invalid", [Problem(code: "API-102", path: "", message: error.message)])
        }
    }

    static func unknownInFiles(_ members: [String: JSON]) -> [Problem] {
        (members["files"]?.array ?? []).enumerated().flatMap { index, file in
            unknown(in: file.object ?? [:], known: fileFields, at: "files[\(index)].")
        }
    }

    static func unknown(in members: [String: JSON], known: [String], at path: String) -> [Problem] {
        // An answer stays small, whatever the body is.
        members.keys.filter { !known.contains($0) }.sorted().prefix(100).map { name in
            let name = String(name.prefix(200))
            return Problem(
                code: "API-101", path: path + name, message: "unknown field", suggestion: nearestName(to: name, among: known))
        }
    }
}
