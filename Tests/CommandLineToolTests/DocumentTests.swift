import CommandLineTool
import FoundationEssentials
import PlatformModel
import Synchronization
import TestSupport
import Testing

/// `apply -f` and `delete -f`.
@Suite struct DocumentTests {
    private static let documents = """
        apiVersion: entity.humanitec.io/v1b1
        kind: Definition
        metadata:
          id: postgres-dev
        entity:
          name: postgres-dev
          type: postgres
          driver_type: humanitec/postgres
          driver_inputs:
            values:
              port: 5432
          criteria:
            - env_type: development
            - {}
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Environment
        metadata:
          id: development
          app_id: shop
        entity:
          type: development
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: Application
        metadata:
          id: shop
        ---
        apiVersion: entity.humanitec.io/v1b1
        kind: EnvironmentType
        metadata:
          id: development
        entity:
          description: where we try things
        """

    /// A gateway that keeps objects by path.
    final class Store: Sendable {
        let objects = Mutex<[String: JSON]>([:])

        func answer(_ request: ScriptedGateway.Request) -> ScriptedGateway.Answer? {
            objects.withLock { objects in
                let body = request.body ?? .null
                switch request.method {
                case "GET" where request.target.hasSuffix("/resources"): return .json([])
                case "GET": return objects[request.target].map { .json($0) }
                case "POST":
                    objects["\(request.target)/\(body["id"]?.string ?? "")"] = body
                    return .json(body, status: 201)
                case "PUT" where request.target.hasSuffix("/criteria"):
                    // The server gives each an id and fills in the class.
                    let owner = String(request.target.dropLast("/criteria".count))
                    objects[owner]?["criteria"] = body
                    return .json(body)
                case "PUT":
                    for (key, value) in body.object ?? [:] { objects[request.target]?[key] = value }
                    return .json(body)
                case "DELETE": return objects.removeValue(forKey: request.target).map { _ in .empty }
                default: return nil
                }
            }
        }
    }

    private func setUp() async throws -> (Tool, ScriptedGateway, Store) {
        let store = Store()
        let gateway = try await ScriptedGateway { store.answer($0) }
        return (try Tool(gateway), gateway, store)
    }

    @Test func appliedTwiceChangesOnlyWhatDiffers() async throws {
        let (tool, gateway, store) = try await setUp()
        let file = try tool.home.write(Self.documents, to: "all.yaml")
        let first = await tool.run("apply", "-f", file)
        #expect(first.status == .done)
        #expect(
            first.out
                == "environment type development created\napplication shop created\nenvironment shop/development created\n"
                + "definition postgres-dev created\n")
        #expect(gateway.body(of: "POST /orgs/acme/apps")?["skip_environment_creation"] == true)
        // What the server adds is no difference: another name of the driver, ids, classes.
        store.objects.withLock {
            $0["/orgs/acme/resources/defs/postgres-dev"]?["driver_type"] = "martlet/postgres"
            $0["/orgs/acme/resources/defs/postgres-dev"]?["provision"] = [:]
            $0["/orgs/acme/resources/defs/postgres-dev"]?["criteria"] = [
                ["id": "c2", "class": "default"], ["id": "c1", "class": "default", "env_type": "development"],
            ]
        }
        let sent = gateway.requests.count
        let second = await tool.run("apply", "-f", file)
        #expect(second.out.split(separator: "\n").allSatisfy { $0.hasSuffix(" unchanged") })
        #expect(gateway.requests.dropFirst(sent).allSatisfy { $0.method == "GET" })

        try tool.home.write(
            Self.documents.replacing("5432", with: "5433").replacing("- {}", with: "- class: large"), to: "all.yaml")
        let third = await tool.run("apply", "-f", tool.home.path)
        #expect(third.out.contains("definition postgres-dev updated\n"))
        #expect(gateway.body(of: "PUT /orgs/acme/resources/defs/postgres-dev")?["driver_inputs"]?["values"]?["port"] == 5433)
        #expect(gateway.body(of: "PUT /orgs/acme/resources/defs/postgres-dev")?["type"] == nil)
        #expect(
            gateway.body(of: "PUT /orgs/acme/resources/defs/postgres-dev/criteria")
                == [["env_type": "development"], ["class": "large"]])
    }

    @Test func whatCannotChangeIsAConflictAndTheRestIsApplied() async throws {
        let (tool, _, store) = try await setUp()
        store.objects.withLock {
            $0["/orgs/acme/env-types/development"] = ["id": "development", "description": "something else"]
        }
        let outcome = await tool.run("apply", "-f", try tool.home.write(Self.documents, to: "all.yaml"))
        #expect(outcome.status == .conflict)
        #expect(outcome.err.contains("all.yaml:29: environment type development: it exists with another description"))
        #expect(outcome.out.contains("definition postgres-dev created"))
    }

    @Test func everyProblemOfEveryFileBeforeAnythingIsSent() async throws {
        let (tool, gateway, _) = try await setUp()
        let first = try tool.home.write(
            """
            apiVersion: entity.humanitec.io/v1b1
            kind: Definition
            metadata:
              id: A_b
              nmae: x
            entity:
              name: 5
              type: postgres
              driver_typ: humanitec/echo
              criteria:
                - env_typ: production
            ---
            apiVersion: entity.humanitec.io/v1
            kind: Definitions
            metadata:
              id: abc
            """, to: "a.yaml")
        let second = try tool.home.write("- one\n", to: "b.yaml")
        let outcome = await tool.run("apply", "-f", first, "-f", second, "-f", tool.home.file("c.yaml"))
        #expect(outcome.status == .failed)
        #expect(gateway.requests.isEmpty)
        try expectGolden(outcome.err.replacing(tool.home.path, with: "HOME"), "document-problems.txt")
    }

    @Test func theSameObjectTwice() async throws {
        let (tool, gateway, _) = try await setUp()
        let file = try tool.home.write("\(Self.documents)\n---\n\(Self.documents)", to: "all.yaml")
        let outcome = await tool.run("apply", "-f", file)
        #expect(outcome.err.contains("ENTITY-107 metadata.id: the definition postgres-dev is described at \(file):1 already"))
        #expect(gateway.requests.isEmpty)
    }

    @Test func standardInput() async throws {
        var (tool, _, _) = try await setUp()
        tool.input = Self.documents
        #expect(await tool.run("apply", "-f", "-").status == .done)
    }

    @Test func deleteGoesBackwardsAndAsks() async throws {
        var (tool, gateway, store) = try await setUp()
        let file = try tool.home.write(Self.documents, to: "all.yaml")
        #expect(await tool.run("apply", "-f", file).status == .done)
        #expect(await tool.run("delete", "-f", file).status == .usage)
        #expect(store.objects.withLock { $0.count } == 4)
        let outcome = await tool.run("delete", "-f", file, "--yes")
        #expect(outcome.status == .done)
        #expect(
            outcome.out
                == "definition postgres-dev deleted\nenvironment shop/development deleted\napplication shop deleted\n"
                + "environment type development deleted\n")
        #expect(store.objects.withLock { $0.isEmpty })
        tool.terminal = .none
        #expect(await tool.run("delete", "-f", file, "--yes").out.split(separator: "\n").allSatisfy { $0.hasSuffix(" absent") })
        #expect(gateway.requests.last?.method == "GET")
    }

    @Test func driversAndTypesAreAppliedChangedAndDeleted() async throws {
        let store = Store()
        let types = Mutex<[JSON]>([])
        let gateway = try await ScriptedGateway { request in
            guard request.target.hasPrefix("/orgs/acme/resources/types") else { return store.answer(request) }
            return types.withLock { types in
                switch request.method {
                case "GET": return .json(.array(types))
                case "DELETE":
                    types = []
                    return .empty
                default:
                    types = [request.body ?? .null]
                    types[0]["type"] = "acme/queue"
                    return .json(types[0])
                }
            }
        }
        let tool = try Tool(gateway)
        let documents = """
            apiVersion: entity.humanitec.io/v1b1
            kind: Driver
            metadata: {id: queues}
            entity: {type: acme/queue, target: "https://drivers.example.com/queues/"}
            ---
            apiVersion: entity.humanitec.io/v1b1
            kind: ResourceType
            metadata: {id: acme/queue}
            entity: {use: direct, outputs_schema: {values: {type: object}}}
            """
        let file = try tool.home.write(documents, to: "all.yaml")
        let first = await tool.run("apply", "-f", file)
        #expect(first.out == "resource type acme/queue created\ndriver queues created\n", "\(first.err)")
        #expect(gateway.body(of: "POST /orgs/acme/resources/drivers")?["account_types"] == [])
        #expect(await tool.run("apply", "-f", file).out == "resource type acme/queue unchanged\ndriver queues unchanged\n")
        try tool.home.write(
            documents.replacing("queues/", with: "v2/").replacing("use: direct", with: "use: indirect"), to: "all.yaml")
        #expect(await tool.run("apply", "-f", file).out == "resource type acme/queue updated\ndriver queues updated\n")
        #expect(gateway.body(of: "PATCH /orgs/acme/resources/types/acme%2Fqueue")?["use"] == "indirect")
        #expect(gateway.body(of: "PUT /orgs/acme/resources/drivers/queues")?["target"] == "https://drivers.example.com/v2/")
        #expect(await tool.run("get", "driver", "queues").out.contains("https://drivers.example.com/v2/"))
        let gone = await tool.run("delete", "-f", file, "--yes")
        #expect(gone.out == "driver queues deleted\nresource type acme/queue deleted\n", "\(gone.err)")
    }

    @Test func classesAreAppliedShownAndDeleted() async throws {
        let large = Mutex<JSON?>(nil)
        let gateway = try await ScriptedGateway { request in
            large.withLock { large in
                switch request.line {
                case "GET /orgs/acme/resources/classes": return .json(.array(large.map { [$0] } ?? []))
                case "GET /orgs/acme/resources/types/acme%2Fqueue/classes/large": return large.map { .json($0) }
                case "DELETE /orgs/acme/resources/types/acme%2Fqueue/classes/large":
                    large = nil
                    return .empty
                case "POST /orgs/acme/resources/types/acme%2Fqueue/classes",
                    "PATCH /orgs/acme/resources/types/acme%2Fqueue/classes/large":
                    let now: JSON = ["id": "large", "resource_type": "acme/queue", "created_by": "ada"]
                    large = now
                    large?["description"] = request.body?["description"] ?? .null
                    return .json(large ?? now)
                default: return nil
                }
            }
        }
        let tool = try Tool(gateway)
        let document = """
            apiVersion: entity.humanitec.io/v1b1
            kind: ResourceClass
            metadata: {type: acme/queue, id: large}
            entity: {description: much}
            """
        let file = try tool.home.write(document, to: "class.yaml")
        #expect(await tool.run("apply", "-f", file).out == "resource class acme/queue.large created\n")
        #expect(await tool.run("apply", "-f", file).out == "resource class acme/queue.large unchanged\n")
        try tool.home.write(document.replacing("much", with: "very much"), to: "class.yaml")
        #expect(await tool.run("apply", "-f", file).out == "resource class acme/queue.large updated\n")
        #expect(await tool.run("get", "classes").out.contains("acme/queue.large"))
        #expect(await tool.run("get", "class", "acme/queue.large").out.contains("description: very much"))
        #expect(await tool.run("get", "class", "acme/queue.larg").err.contains("did you mean 'acme/queue.large'?"))
        let gone = await tool.run("delete", "class", "acme/queue.large", "--yes")
        #expect(gone.out == "class acme/queue.large deleted\n", "\(gone.err)")
        #expect(await tool.run("delete", "-f", file, "--yes").out == "resource class acme/queue.large absent\n")
        #expect(await tool.run("delete", "class", "large", "--yes").status == .usage)
    }

    @Test func aDriverIsCreatedFromItsParts() async throws {
        let (tool, gateway, _) = try await setUp()
        let schema = try tool.home.write("properties: {values: {required: [name]}}", to: "schema.yaml")
        let template = try tool.home.write("values: {{ .driver.values | toRawJson }}\n", to: "template")
        let made = await tool.run(
            "create", "driver", "small", "--target", "driver://acme/files", "--inputs-schema", schema, "--template", template)
        #expect(made.status == .done && made.out == "driver small created\n", "\(made.err)")
        let body = gateway.body(of: "POST /orgs/acme/resources/drivers")
        #expect(body?["inputs_schema"]?["properties"]?["values"]?["required"] == ["name"] && body?["type"] == "")
        #expect(body?["template"] == "values: {{ .driver.values | toRawJson }}\n")
    }
}
