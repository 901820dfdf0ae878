import PlatformModel
import ServiceRuntime

/// What a rollout is asked for with. The route is ours, so an unknown field is refused by its path, and never ignored.
struct RolloutRequest: Decodable {
    var definitionID: String?
    var profileID: String?
    var version: String?
    var envTypes: [String]?
    var batchSize: Int?
    /// Begins without a yes once it is planned.
    var start: Bool?
    var comment: String?

    private enum CodingKeys: String, CodingKey {
        case version, start, comment
        case definitionID = "definition_id"
        case profileID = "profile_id"
        case envTypes = "env_types"
        case batchSize = "batch_size"
    }

    private static let fields = ["batch_size", "comment", "definition_id", "env_types", "profile_id", "start", "version"]

    /// - Throws: 400 for what is no JSON object; 422 with every problem.
    static func read(_ call: RouteCall) throws -> RolloutRequest {
        let body = try call.decode(JSON.self)
        guard let members = body.object else { throw HTTPFailure.invalid("the body is not a JSON object") }
        var problems = Problem.unknownFields(members, known: fields)
        let given = ["definition_id", "profile_id"].filter { members[$0].map { !$0.isNull } ?? false }
        if given.count != 1 {
            problems.append(
                Problem(
                    code: "API-106", path: given.count == 2 ? given[1] : "definition_id",
                    message: given.isEmpty
                        ? "a definition_id or a profile_id is needed" : "one thing is rolled out at a time, and both are given"))
        }
        if let size = members["batch_size"]?.int, !(1...1000).contains(size) {
            problems.append(
                Problem(code: "API-106", path: "batch_size", message: "1 to 1000 environments at a time, not \(size)"))
        }
        let types = (members["env_types"]?.array ?? []).compactMap(\.string)
        if Set(types).count != types.count || members["env_types"]?.array?.isEmpty == true {
            problems.append(Problem(code: "API-106", path: "env_types", message: "each type once, and at least one"))
        }
        if members["version"]?.string != nil, members["profile_id"]?.string != nil {
            problems.append(Problem(code: "API-106", path: "version", message: "of a profile the newest version is rolled out"))
        }
        if let comment = members["comment"]?.string, comment.utf8.count > 1000 {
            problems.append(Problem(code: "API-106", path: "comment", message: "at most 1000 bytes"))
        }
        guard problems.isEmpty else { throw HTTPFailure.problems("invalid", problems) }
        do throws(JSONError) { return try body.decode(RolloutRequest.self) } catch {
            throw HTTPFailure.problems("invalid", [Problem(code: "API-102", path: "", message: error.message)])
        }
    }

    /// What is rolled out.
    var subject: (Rollout.Kind, String) {
        if let definitionID { return (.definition, definitionID) }
        return (.profile, profileID ?? "")
    }
}
