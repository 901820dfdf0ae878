import AccessControl
import PlatformModel
import Schemas
import Testing

/// `docs/reference/openapi.json` against the table of routes, both ways. The contract's walk holds it against every answer.
@Suite struct APIDocumentTests {
    private let checks = APIDocumentChecks.shared

    @Test func everyRouteIsThereAndNoOther() {
        let documented = checks.operations.map { "\($0.method) \($0.pattern)" }
        #expect(documented.sorted() == PublicRoute.all.map { "\($0.method) \($0.pattern)" }.sorted())
    }

    @Test func theParametersAreTheRoutes() throws {
        for route in PublicRoute.all {
            let operation = try #require(
                checks.value(at: ["paths", route.pattern, route.method.lowercased()]), "\(route.pattern)")
            let path = route.pattern.split(separator: "/").filter { $0.hasPrefix("{") }.map { String($0.dropFirst().dropLast()) }
            #expect(checks.parameters(of: operation, in: "path") == Set(path), "\(route.method) \(route.pattern)")
            #expect(checks.parameters(of: operation, in: "query") == route.query, "\(route.method) \(route.pattern)")
            if route.bodyLimit == 0 { #expect(operation["requestBody"] == nil, "\(route.method) \(route.pattern)") }
            #expect((operation["responses"]?["200"]?["content"]?["text/event-stream"] != nil) == (route.kind == .stream))
            #expect((operation["security"] == []) == (AccessRule.rule(for: route.action).scope == .anyone))
        }
    }

    /// The codes that can come wherever somebody is let in, each in the one form of errors.
    @Test func errorsAreDocumented() throws {
        for route in PublicRoute.all where AccessRule.rule(for: route.action).scope != .anyone {
            let responses = try #require(
                checks.value(at: ["paths", route.pattern, route.method.lowercased(), "responses"])?.object)
            for status in ["401", "403", "404", "429", "503"] { #expect(responses[status] != nil, "\(route.pattern): \(status)") }
            #expect(responses.keys.contains { $0.hasPrefix("2") } && responses["default"] == nil && responses["500"] == nil)
        }
    }

    /// Names are unique, references lead somewhere, and schemas are schemas.
    @Test func theDocumentIsWhole() throws {
        let names = checks.operations.compactMap { $0.operation["operationId"]?.string }
        #expect(names.count == checks.operations.count && Set(names).count == names.count)
        #expect(checks.document["openapi"] == "3.1.0")
        var members = try #require(checks.document.object)
        let schemas = try #require(checks.document["components"]?["schemas"]?.object)
        members["allOf"] = .array(schemas.keys.sorted().map { ["$ref": .string("#/components/schemas/\($0)")] })
        members["anyOf"] = .array(schemas.keys.sorted().compactMap { schemas[$0] })
        _ = try JSONSchema(.object(members))
        func references(_ value: JSON) -> [String] {
            switch value {
            case .object(let members):
                (members["$ref"]?.string.map { [$0] } ?? []) + members.values.flatMap(references)
            case .array(let elements): elements.flatMap(references)
            default: []
            }
        }
        let all = Set(references(checks.document))
        #expect(all.count > 100)
        for reference in all {
            let place = reference.dropFirst(2).split(separator: "/").map(String.init)
            #expect(checks.value(at: place) != nil, "\(reference)")
        }
        // And nothing stands there that nothing refers to.
        for (kind, parts) in checks.document["components"]?.object ?? [:] where kind != "securitySchemes" {
            for name in (parts.object ?? [:]).keys where name != "Problem" {
                #expect(all.contains("#/components/\(kind)/\(name)"), "\(kind)/\(name)")
            }
        }
    }
}
