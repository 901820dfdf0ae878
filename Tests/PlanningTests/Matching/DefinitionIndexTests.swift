import Planning
import PlatformModel
import TestSupport
import Testing

struct DefinitionIndexTests {
    private static let resource = ResourceIdentity(type: "postgres", id: "modules.web.externals.db")
    private static let context = EnvironmentContext(orgID: "acme", appID: "shop", envID: "dev", envType: "development")

    /// A criterion that demands the fields whose bits are set (res_id 8, env_id 4, app_id 2, env_type 1), all as the resource has them.
    private static func criteria(_ bits: Int, class: String = "default") -> MatchingCriteria {
        MatchingCriteria(
            id: "c\(bits)", envType: bits & 1 == 0 ? nil : context.envType, appID: bits & 2 == 0 ? nil : context.appID,
            envID: bits & 4 == 0 ? nil : context.envID, resID: bits & 8 == 0 ? nil : resource.id, class: `class`)
    }

    private func winner(_ definitions: [ResourceDefinition], _ identity: ResourceIdentity = Self.resource) -> String? {
        guard case .matched(let match) = match(identity, in: Self.context, definitions: definitions) else { return nil }
        return match.definition.id
    }

    /// All 256 pairs of the 16 combinations: the greater one wins, whatever the order of definitions.
    @Test func theMostSpecificFieldDecides() {
        for left in 0..<16 {
            #expect(Self.criteria(left).rank == left)
            for right in 0..<16 where right != left {
                let definitions = [
                    Samples.definition("left", "postgres", criteria: [Self.criteria(left)]),
                    Samples.definition("right", "postgres", criteria: [Self.criteria(right)]),
                ]
                let expected = left > right ? "left" : "right"
                #expect(winner(definitions) == expected)
                #expect(winner(definitions.reversed()) == expected)
            }
        }
    }

    /// Every field that does not fit keeps a criterion out, however specific it is.
    @Test(arguments: [
        MatchingCriteria(envType: "production", resID: resource.id), MatchingCriteria(appID: "other", resID: resource.id),
        MatchingCriteria(envID: "prod", resID: resource.id),
        MatchingCriteria(envType: "development", appID: "shop", envID: "dev", resID: "x"),
        MatchingCriteria(class: "large"), MatchingCriteria(envType: "production", envID: "dev"),
    ])
    func everyFieldMustFit(_ criteria: MatchingCriteria) {
        #expect(winner([Samples.definition("near", "postgres", criteria: [criteria])]) == nil)
        #expect(
            winner([
                Samples.definition("near", "postgres", criteria: [criteria]), Samples.definition("any", "postgres"),
            ]) == "any")
    }

    @Test func classIsDefaultAndNeverAny() {
        let definitions = [Samples.definition("any", "postgres", criteria: [MatchingCriteria()])]
        #expect(winner(definitions) == "any")
        #expect(winner(definitions, ResourceIdentity(type: "postgres", class: "large", id: "x")) == nil)
        #expect(winner(definitions, ResourceIdentity(type: "mysql", id: "x")) == nil)
    }

    @Test func withoutCriteriaNothingMatches() {
        #expect(winner([Samples.definition("lonely", "postgres", criteria: [])]) == nil)
    }

    /// The winner is the greatest of those that fit, by plain search over random definitions.
    @Test func agreesWithPlainSearch() {
        var random = SplitMix(seed: 6)
        for _ in 0..<500 {
            let definitions = (0..<Int.random(in: 0...6, using: &random)).map { number in
                Samples.definition(
                    "d\(number)", "postgres",
                    criteria: (0..<Int.random(in: 0...3, using: &random)).map { _ in
                        MatchingCriteria(
                            envType: [nil, "development", "production"].randomElement(using: &random) ?? nil,
                            appID: [nil, "shop", "other"].randomElement(using: &random) ?? nil,
                            envID: [nil, "dev", "prod"].randomElement(using: &random) ?? nil,
                            resID: [nil, Self.resource.id, "x"].randomElement(using: &random) ?? nil,
                            class: ["default", "default", "large"].randomElement(using: &random) ?? "default")
                    })
            }
            func fits(_ one: MatchingCriteria) -> Bool {
                one.class == "default" && [nil, "development"].contains(one.envType) && [nil, "shop"].contains(one.appID)
                    && [nil, "dev"].contains(one.envID) && [nil, Self.resource.id].contains(one.resID)
            }
            let best = definitions.flatMap { definition in definition.criteria.filter(fits).map { ($0.rank, definition.id) } }
                .min { ($1.0, $0.1) < ($0.0, $1.1) }
            #expect(winner(definitions) == best?.1)
            if case .matched(let match) = match(Self.resource, in: Self.context, definitions: definitions) {
                #expect(match.explanation.others.count == definitions.count - 1)
            }
        }
    }

    @Test func explainsTheWinnerAndEveryLoser() throws {
        let definitions = [
            Samples.definition("pg-all", "postgres", criteria: [MatchingCriteria(id: "1")]),
            Samples.definition("pg-shop", "postgres", criteria: [MatchingCriteria(id: "2", appID: "shop")], version: "7"),
            Samples.definition(
                "pg-prod", "postgres",
                criteria: [MatchingCriteria(id: "3", envType: "production"), MatchingCriteria(id: "4", appID: "x", envID: "dev")]),
            Samples.definition("pg-large", "postgres", criteria: [MatchingCriteria(id: "5", class: "large")]),
            Samples.definition("pg-none", "postgres", criteria: []),
            Samples.definition("redis", "redis"),
        ]
        guard case .matched(let match) = match(Self.resource, in: Self.context, definitions: definitions) else {
            Issue.record("nothing matched")
            return
        }
        let winner = try #require(match.explanation.winner)
        #expect(
            winner.definitionID == "pg-shop" && winner.criteriaID == "2" && winner.rank == 2 && winner.definitionVersionID == "7")
        #expect(winner.decidedBy == "app_id")
        #expect(winner.verdict == "matches app_id 'shop'; more specific than 'pg-all' because of app_id")
        #expect(
            match.explanation.others.map { "\($0.definitionID) \($0.criteriaID ?? "-") \($0.field): \($0.verdict)" } == [
                "pg-all 1 app_id: matches every resource of class 'default', but 'pg-shop' is more specific because of app_id",
                "pg-large 5 class: class is 'large', this resource's is 'default'",
                "pg-none - criteria: has no matching criteria, so nothing ever matches it",
                "pg-prod 3 env_type: env_type is 'production', this environment's is 'development'",
            ])
        let wire = try JSON(encoding: match.explanation)
        #expect(wire["winner"]?["decided_by"] == "app_id" && wire["others"]?[0]?["def_id"] == "pg-all")
        #expect(try wire.decode(MatchExplanation.self) == match.explanation)
    }

    @Test func namesTheCandidatesWhenNoneMatches() {
        let definitions = [
            Samples.definition("pg-prod", "postgres", criteria: [MatchingCriteria(id: "3", envType: "production")]),
            Samples.definition("pg-large", "postgres", criteria: [MatchingCriteria(id: "5", class: "large")]),
        ]
        func problem(_ identity: ResourceIdentity, _ types: [String] = []) -> Problem? {
            let resourceTypes = types.map { ResourceType(type: $0, name: $0, category: "", use: "direct") }
            guard
                case .unmatched(let problem, _) = DefinitionIndex(definitions, resourceTypes: resourceTypes)
                    .match(identity, in: Self.context)
            else { return nil }
            return problem
        }
        let none = problem(Self.resource)
        #expect(none?.code == "MATCH-202")
        #expect(none?.message.contains("'pg-prod' (env_type is 'production', this environment's is 'development')") == true)
        let classless = problem(ResourceIdentity(type: "postgres", class: "lrge", id: "x"))
        #expect(classless?.code == "MATCH-201" && classless?.suggestion == "large")
        #expect(problem(ResourceIdentity(type: "redis", id: "x"), ["redis"])?.code == "MATCH-201")
        let unknown = problem(ResourceIdentity(type: "postgers", id: "x"), ["postgres", "redis"])
        #expect(unknown?.code == "PLAN-105" && unknown?.suggestion == "postgres")
    }

    @Test func findsDuplicateCriteria() {
        let old = Samples.definition(
            "old", "postgres", criteria: [MatchingCriteria(id: "1", appID: "shop"), MatchingCriteria(id: "2")])
        let new = Samples.definition(
            "new", "postgres",
            criteria: [
                MatchingCriteria(id: "3", appID: "shop"), MatchingCriteria(id: "4", appID: "shop", class: "large"),
                MatchingCriteria(id: "5", envID: "dev"), MatchingCriteria(id: "6", envID: "dev"),
            ])
        let found = conflicts(of: new, with: [old, new, Samples.definition("redis", "redis")])
        #expect(found.map { "\($0.criteria.id) \($0.definitionID) \($0.criteriaID)" } == ["3 old 1", "6 new 5"])
        #expect(found.first?.description == "definition 'old' already matches app_id 'shop', class 'default' (criteria '1')")
        #expect(conflicts(of: old, with: [old]).isEmpty)
    }
}
