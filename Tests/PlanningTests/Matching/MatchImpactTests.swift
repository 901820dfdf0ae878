import Planning
import PlatformModel
import TestSupport
import Testing

struct MatchImpactTests {
    private static func active(
        _ app: String, _ env: String, _ envType: String, _ id: String, by definition: String, class: String = "default"
    ) -> ActiveResource {
        ActiveResource(
            context: EnvironmentContext(orgID: "acme", appID: app, envID: env, envType: envType),
            identity: ResourceIdentity(type: "postgres", class: `class`, id: id), guResID: "g", defID: definition,
            defVersionID: "1", criteriaID: "c", driverType: "martlet/postgres", driverAccount: nil, deployID: "d",
            status: "active", resource: [:], secretRefs: [:], updatedAt: Timestamp(milliseconds: 0))
    }

    private let definitions = [
        Samples.definition("pg-all", "postgres", criteria: [MatchingCriteria(id: "all")]),
        Samples.definition(
            "pg-prod", "postgres",
            criteria: [MatchingCriteria(id: "prod", envType: "production"), MatchingCriteria(id: "large", class: "large")]),
        Samples.definition("pg-spare", "postgres", criteria: []),
        Samples.definition("redis", "redis"),
    ]
    private let active = [
        active("shop", "prod", "production", "a", by: "pg-prod"), active("shop", "dev", "development", "a", by: "pg-all"),
        active("blog", "prod", "production", "b", by: "pg-prod"),
        active("shop", "dev", "development", "l", by: "pg-prod", class: "large"),
        // Made before `pg-prod` was there; it will match anew, but not because of what is asked here.
        active("old", "prod", "production", "o", by: "pg-all"),
    ]

    private func lines(_ change: MatchingChange) -> [String] {
        impact(of: change, on: active, definitions: definitions).map {
            "\($0.appID)/\($0.envID) \($0.type).\($0.class)#\($0.resID): \($0.fromDefinition) -> \($0.toDefinition)"
        }
    }

    @Test func aDeletedDefinitionGivesItsResourcesToOthers() {
        #expect(
            lines(.delete(definition: "pg-prod")) == [
                "blog/prod postgres.default#b: pg-prod -> pg-all", "shop/dev postgres.large#l: pg-prod -> ",
                "shop/prod postgres.default#a: pg-prod -> pg-all",
            ])
        #expect(lines(.delete(definition: "pg-spare")).isEmpty && lines(.delete(definition: "redis")).isEmpty)
    }

    @Test func aCriterionIsAddedDeletedOrReplaced() {
        #expect(lines(.deleteCriterion("large", of: "pg-prod")) == ["shop/dev postgres.large#l: pg-prod -> "])
        let shop = MatchingCriteria(id: "new", appID: "shop")
        #expect(
            lines(.addCriterion(shop, to: "pg-spare")) == [
                "shop/dev postgres.default#a: pg-all -> pg-spare", "shop/prod postgres.default#a: pg-prod -> pg-spare",
            ])
        #expect(
            lines(.setCriteria([MatchingCriteria(id: "b", resID: "b")], of: "pg-prod")) == [
                "shop/dev postgres.large#l: pg-prod -> ", "shop/prod postgres.default#a: pg-prod -> pg-all",
            ])
        // What is written over with the same criteria matches as before; a new definition takes what it is more special for.
        var same = definitions[1]
        same.versionID = "2"
        #expect(lines(.write(same)).isEmpty)
        let new = Samples.definition("pg-blog", "postgres", criteria: [MatchingCriteria(id: "x", appID: "blog", envID: "prod")])
        #expect(lines(.write(new)) == ["blog/prod postgres.default#b: pg-prod -> pg-blog"])
    }

    @Test func saysWhy() throws {
        let found = impact(of: .delete(definition: "pg-prod"), on: active, definitions: definitions)
        #expect(found.first?.reason == "matches every resource of class 'default'")
        #expect(found.first { $0.toDefinition.isEmpty }?.reason.hasPrefix("no definition of type 'postgres' matches") == true)
        let wire = try JSON(encoding: found.first)
        #expect(wire["from_def"] == "pg-prod" && wire["to_def"] == "pg-all" && wire["env_id"] == "prod" && wire["res_id"] == "b")
    }

    /// For every change by chance: exactly those that match something else afterwards, by plain comparison.
    @Test func agreesWithMatchingTwice() {
        var random = SplitMix(seed: 9)
        func criteria(_ id: Int) -> MatchingCriteria {
            MatchingCriteria(
                id: "c\(id)", envType: [nil, "production"].randomElement(using: &random) ?? nil,
                appID: [nil, "shop", "blog"].randomElement(using: &random) ?? nil,
                resID: [nil, nil, "a"].randomElement(using: &random) ?? nil,
                class: ["default", "large"].randomElement(using: &random) ?? "default")
        }
        for _ in 0..<300 {
            let definitions = (0..<4).map { number in
                Samples.definition("d\(number)", "postgres", criteria: (0..<Int.random(in: 0...2, using: &random)).map(criteria))
            }
            let active = self.active.map { resource in
                var resource = resource
                resource.defID = "d\(Int.random(in: 0..<4, using: &random))"
                return resource
            }
            let changes: [MatchingChange] = [
                .delete(definition: "d1"), .addCriterion(criteria(7), to: "d2"), .setCriteria([criteria(8)], of: "d0"),
                .deleteCriterion("c0", of: "d3"), .write(Samples.definition("d9", "postgres", criteria: [criteria(9)])),
            ]
            for change in changes {
                let after = change.applied(to: definitions)
                let expected = active.filter { resource in
                    func maker(_ all: [ResourceDefinition]) -> String {
                        let context = EnvironmentContext(
                            orgID: "acme", appID: resource.appID, envID: resource.envID, envType: resource.envType)
                        guard case .matched(let match) = match(resource.identity, in: context, definitions: all) else {
                            return ""
                        }
                        return match.definition.id
                    }
                    return maker(definitions) != maker(after) && maker(after) != resource.defID
                }
                let found = impact(of: change, on: active, definitions: definitions)
                #expect(
                    Set(found.map { "\($0.appID) \($0.envID) \($0.class) \($0.resID)" })
                        == Set(expected.map { "\($0.appID) \($0.envID) \($0.class) \($0.resID)" }))
            }
        }
    }
}
