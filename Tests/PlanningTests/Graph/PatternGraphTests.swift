import Planning
import PlatformModel
import Testing

/// The graphs of three published patterns.
struct PatternGraphTests {
    private func graph(_ app: String, _ set: DeploymentSet, _ definitions: [ResourceDefinition]) throws -> ResourceGraph {
        let context = EnvironmentContext(orgID: "ORG", appID: app, envID: "dev", envType: "development")
        return try GraphBuilder.build(set: set, context: context, definitions: definitions)
    }

    private func criteria(_ app: String, _ class: String = "default") -> [MatchingCriteria] {
        [MatchingCriteria(id: "1", appID: app, class: `class`)]
    }

    /// Thin definitions per class refer to one concrete class, and each brings a policy for those who depend on it.
    @Test func delegator() throws {
        let app = "example-delegator"
        func thin(_ name: String) -> ResourceDefinition {
            Samples.definition(
                "s3-\(name)", "s3", values: ["bucket": "${resources['s3.concrete'].outputs.bucket}"],
                criteria: criteria(app, name),
                provision: ["aws-policy.s3-\(name)": CoProvision(isDependent: false, matchDependents: true)])
        }
        func policy(_ name: String) -> ResourceDefinition {
            Samples.definition(
                "policy-\(name)", "aws-policy", values: ["arn": .string("arn:\(name)")], criteria: criteria(app, "s3-\(name)"))
        }
        let definitions = [
            thin("admin"), thin("read-only"), policy("admin"), policy("read-only"),
            Samples.definition("s3-concrete", "s3", values: ["bucket": "example-bucket"], criteria: criteria(app, "concrete")),
        ]
        let set = DeploymentSet(
            modules: [
                "example-a": Samples.workload(variables: ["BUCKET_NAME": "${shared['main-s3#admin'].bucket}"]),
                "example-b": Samples.workload(variables: ["BUCKET_NAME": "${shared['main-s3#read-only'].bucket}"]),
            ],
            shared: [
                "main-s3#admin": ResourceRequest(type: "s3", class: "admin", id: "main-s3"),
                "main-s3#read-only": ResourceRequest(type: "s3", class: "read-only", id: "main-s3"),
            ])
        #expect(
            Samples.lines(try graph(app, set, definitions)) == [
                "aws-policy.s3-admin#shared.main-s3",
                "aws-policy.s3-read-only#shared.main-s3",
                "s3.concrete#shared.main-s3",
                "s3.admin#shared.main-s3 -> s3.concrete#shared.main-s3",
                "s3.read-only#shared.main-s3 -> s3.concrete#shared.main-s3",
                "workload.default#modules.example-a -> aws-policy.s3-admin#shared.main-s3 s3.admin#shared.main-s3",
                "workload.default#modules.example-b -> aws-policy.s3-read-only#shared.main-s3 s3.read-only#shared.main-s3",
            ])
    }

    /// A reference without id and class takes those of the resource that refers.
    @Test func propagateID() throws {
        let app = "example-propagate-id"
        let definitions = [
            Samples.definition(
                "example-workload", "workload",
                values: ["templates": ["outputs": "update:\n- value: ${resources.k8s-service-account.outputs.name}\n"]],
                criteria: criteria(app)),
            Samples.definition(
                "example-sa", "k8s-service-account", values: ["res_id": "${context.res.id}"], criteria: criteria(app)),
        ]
        let graph = try graph(app, DeploymentSet(modules: ["example-workload": Samples.workload()]), definitions)
        #expect(
            Samples.lines(graph) == [
                "k8s-service-account.default#modules.example-workload",
                "workload.default#modules.example-workload -> k8s-service-account.default#modules.example-workload",
            ])
    }

    /// Platform defaults, overridden by the developers where the platform lets them.
    @Test func config() throws {
        let app = "example-config-pattern"
        let definitions = [
            Samples.definition(
                "s3-base", "s3",
                values: [
                    "region": "${resources.config.outputs.region}", "bucket": "${resources.config.outputs.bucket_name}",
                ], criteria: criteria(app)),
            Samples.definition(
                "defaults", "config", values: ["overrides": "${resources['config.developer-overrides'].values}"],
                criteria: criteria(app)),
            Samples.definition(
                "overrides", "config", values: ["prefix": "overridden-"], criteria: criteria(app, "developer-overrides")),
        ]
        let set = DeploymentSet(modules: [
            "example": Samples.workload(
                variables: ["BUCKET_NAME": "${externals.s3-bucket.bucket}"], externals: ["s3-bucket": ResourceRequest(type: "s3")]
            )
        ])
        let id = "modules.example.externals.s3-bucket"
        #expect(
            Samples.lines(try graph(app, set, definitions)) == [
                "config.developer-overrides#\(id)", "config.default#\(id) -> config.developer-overrides#\(id)",
                "s3.default#\(id) -> config.default#\(id)", "workload.default#modules.example -> s3.default#\(id)",
            ])
    }
}
