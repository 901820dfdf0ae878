import PlatformModel

/// Why a resource gets the definition it gets: the winner, and for every other definition of its type the one reason it lost.
package struct MatchExplanation: Sendable, Hashable, Codable {
    /// The resource, as `type.class#id`.
    package var resource: String
    /// Nil when nothing matched.
    package var winner: Winner?
    package var others: [Loser]

    package init(resource: String, winner: Winner?, others: [Loser]) {
        self.resource = resource
        self.winner = winner
        self.others = others
    }

    package struct Winner: Sendable, Hashable, Codable {
        package var definitionID: String
        package var definitionVersionID: String
        package var criteriaID: String
        /// 0 to 15: res_id 8, env_id 4, app_id 2, env_type 1 (humanitec.md 2.1).
        package var rank: Int
        /// The field that set it above the best of the others; nil when it was alone.
        package var decidedBy: String?
        /// `matches app_id 'shop' and env_type 'production'; more specific than 'pg-all' because of env_type`.
        package var verdict: String

        private enum CodingKeys: String, CodingKey {
            case rank, verdict
            case definitionID = "def_id"
            case definitionVersionID = "def_version_id"
            case criteriaID = "criteria_id"
            case decidedBy = "decided_by"
        }
    }

    package struct Loser: Sendable, Hashable, Codable {
        package var definitionID: String
        /// The criteria that came nearest; nil when the definition has none.
        package var criteriaID: String?
        /// The one field that decided: `class`, `env_type`, `app_id`, `env_id`, `res_id`, or `criteria` when it has none.
        package var field: String
        /// In words: `env_type is 'production', this environment's is 'development'`.
        package var verdict: String

        private enum CodingKeys: String, CodingKey {
            case field, verdict
            case definitionID = "def_id"
            case criteriaID = "criteria_id"
        }
    }
}
