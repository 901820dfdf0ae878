import ArgumentParser
import PlatformModel
import ServiceAPI

/// The kinds of objects that can be looked at, by the words of the command line.
enum Noun: String, CaseIterable, Sendable {
    case app, env
    case envType = "env-type"
    case type
    case resourceClass = "class"
    case driver, def, profile, rollout, deploy, deletion, plan, drift, intervention, delta, set, resource, value, secretstore,
        account, org, token, limit
    case oidcTrust = "oidc-trust"
    case user, group, invitation

    var plural: String { self == .resourceClass ? "classes" : rawValue + "s" }

    static let words = allCases.flatMap { [$0.plural, $0.rawValue] }

    /// - Throws: Usage, with the nearest noun.
    init(word: String) throws(CommandFailure) {
        guard let noun = Self.allCases.first(where: { $0.rawValue == word || $0.plural == word }) else {
            let nearest = nearestName(to: word, among: Self.words).map { "; did you mean '\($0)'?" } ?? ""
            throw .usage(
                "there is no kind of object '\(word)'\(nearest) One of: \(Self.allCases.map(\.plural).joined(separator: ", "))")
        }
        self = noun
    }

    /// The path of all of them.
    func path(_ session: Session) throws(CommandFailure) -> String {
        switch self {
        case .org: "/orgs"
        case .app: try session.organization() + "/apps"
        case .envType: try session.organization() + "/env-types"
        case .type: try session.organization() + "/resources/types"
        case .resourceClass: try session.organization() + "/resources/classes"
        case .driver: try session.organization() + "/resources/drivers"
        case .account: try session.organization() + "/resources/accounts"
        case .def: try session.organization() + "/resources/defs"
        case .profile: try session.organization() + "/workload-profiles"
        case .rollout: try session.organization() + "/rollouts"
        case .token: try session.organization() + "/tokens"
        case .limit: try session.organization() + "/limits"
        case .user, .group: try session.organization() + "/users"
        case .invitation: try session.organization() + "/invitations"
        case .oidcTrust: try session.organization() + "/oidc-trusts"
        case .secretstore: try session.organization() + "/secretstores"
        case .env: try session.application() + "/envs"
        case .delta: try session.application() + "/deltas"
        case .set: try session.application() + "/sets"
        case .deploy: try session.environment() + "/deploys"
        case .deletion: try session.environment() + "/deletions"
        case .plan: try session.environment() + "/plans"
        case .intervention: try session.environment() + "/interventions"
        case .drift: try session.environment() + "/drift-reports"
        case .resource: try session.environment() + "/resources"
        // With those of the application where no environment is chosen.
        case .value: try (session.settings["env"] == nil ? session.application() : session.environment()) + "/values"
        }
    }

    /// What chooses them among all that are there.
    var query: [(String, String)] {
        switch self {
        case .user: [("type", "user")]
        case .group: [("type", "group")]
        default: []
        }
    }

    /// One of these is picked from the list, since the public API has no route for it, or not by its name here.
    var isListedOnly: Bool {
        [.type, .resourceClass, .resource, .value, .token, .limit, .intervention, .deletion, .invitation].contains(self)
    }

    /// What names one of them.
    func id(of object: JSON) -> String {
        switch self {
        case .type: object["type"]?.string ?? ""
        case .resourceClass: "\(object["resource_type"]?.string ?? "").\(object["id"]?.string ?? "")"
        case .resource: Self.identity(of: object)
        case .value: object["key"]?.string ?? ""
        case .intervention: object["id"]?.int.map(String.init) ?? ""
        case .invitation: object["user_id"]?.string ?? ""
        default: object["id"]?.string ?? ""
        }
    }

    /// The path of a class that is named `type.class`.
    static func classPath(_ name: String, _ session: Session) throws(CommandFailure) -> String {
        guard let dot = name.lastIndex(of: "."), dot != name.startIndex else {
            throw .usage("a class is named type.class, as 'martlet get classes' shows it; this is '\(name)'")
        }
        return try Noun.type.path(session) + "/\(HTTPCall.segment(String(name[..<dot])))/classes/"
            + HTTPCall.segment(String(name[name.index(after: dot)...]))
    }

    /// `type.class#id`.
    static func identity(of resource: JSON) -> String {
        ResourceIdentity(
            type: resource["type"]?.string ?? "", class: resource["class"]?.string ?? "default",
            id: resource["res_id"]?.string ?? ""
        ).description
    }
}
