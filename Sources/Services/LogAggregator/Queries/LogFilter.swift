import LogRules
import PlatformModel
import ServiceRuntime

/// Which lines of one environment a reader asks for.
struct LogFilter: Sendable, Hashable {
    static let maximumLimit = 1000
    static let standardLimit = 100

    var orgID: String
    var appID: String
    var envID: String
    var workloadID: String?
    var containerID: String?
    var deploymentID: String?
    var from: Timestamp?
    var to: Timestamp?
    var limit = LogFilter.standardLimit
    /// The oldest first; else the newest.
    var isAscending = false
    /// The lines that were chosen, turned round.
    var isInverted = false
    /// For a stream: go on with what comes.
    var follows = true

    init(orgID: String, appID: String, envID: String) {
        self.orgID = orgID
        self.appID = appID
        self.envID = envID
    }

    /// Reads the query; 400 names the parameter.
    mutating func read(_ query: [String: String]) throws(HTTPFailure) {
        workloadID = try id(query, "workload_id")
        containerID = try id(query, "container_id")
        deploymentID = try id(query, "deployment_id")
        from = try time(query, "timestamp_from")
        to = try time(query, "timestamp_to")
        isAscending = try flag(query, "asc") ?? false
        isInverted = try flag(query, "invert") ?? false
        follows = try flag(query, "follow") ?? true
        if let text = query["limit"], !text.isEmpty {
            guard let limit = Int(text), limit >= 0 else { throw refuse("limit", text, "a number of lines is needed") }
            self.limit = min(limit, Self.maximumLimit)
        }
    }

    private func id(_ query: [String: String], _ name: String) throws(HTTPFailure) -> String? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard text.utf8.count <= StreamIdentity.maximumLength, !text.utf8.contains(0) else {
            throw refuse(name, text, "an id is needed")
        }
        return text
    }

    private func time(_ query: [String: String], _ name: String) throws(HTTPFailure) -> Timestamp? {
        guard let text = query[name], !text.isEmpty else { return nil }
        guard let time = Timestamp(text) else {
            throw refuse(name, text, "a time such as 2021-10-02T15:01:23.045Z is needed (RFC 3339, UTC)")
        }
        return time
    }

    private func flag(_ query: [String: String], _ name: String) throws(HTTPFailure) -> Bool? {
        switch query[name] {
        case nil, "": return nil
        case "true": return true
        case "false": return false
        case .some(let text): throw refuse(name, text, "true or false is needed")
        }
    }

    private func refuse(_ name: String, _ text: String, _ needed: String) -> HTTPFailure {
        .badRequest("\(name): \(needed), not '\(HarmlessText.text(of: String(text.prefix(80))))'")
    }
}
