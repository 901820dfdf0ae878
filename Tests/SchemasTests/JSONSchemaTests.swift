import PlatformModel
import Schemas
import Testing

@Suite struct JSONSchemaTests {
    private static let database: JSON = [
        "type": "object", "required": ["size", "name"], "additionalProperties": false,
        "properties": [
            "size": ["type": "integer", "minimum": 1, "maximum": 100],
            "name": ["type": "string", "pattern": "^[a-z]+$", "minLength": 2, "maxLength": 8],
            "tier": ["enum": ["small", "large"]],
            "tags": ["type": "array", "items": ["type": "string"], "maxItems": 2, "uniqueItems": true],
            "owner": ["$ref": "#/definitions/person"],
        ],
        "definitions": ["person": ["type": "object", "required": ["mail"]]],
    ]

    private func told(_ value: JSON, by schema: JSON) throws -> [String] {
        try JSONSchema(schema).violations(of: value, at: "values").map { violation in
            "\(violation.path): \(violation.message)" + (violation.suggestion.map { " (\($0))" } ?? "")
        }
    }

    @Test func everythingWrongIsToldAtOnceWithoutAnyValue() throws {
        let value: JSON = [
            "size": 1000, "name": "HUNTER2-hunter2", "tier": "medium", "tags": ["a", 1, "a"], "owner": ["name": "x"], "siez": 1,
        ]
        #expect(
            try told(value, by: Self.database) == [
                "values.name: at most 8 characters are allowed", "values.name: does not match the pattern ^[a-z]+$",
                "values.owner.mail: missing", "values.siez: unknown key (size)", "values.size: must be at most 100",
                "values.tags: at most 2 elements are allowed", "values.tags: the same element stands there twice",
                "values.tags[1]: string is needed, not number", "values.tier: one of 'small', 'large' is needed",
            ])
        #expect(try told("text", by: Self.database) == ["values: object is needed, not string"])
        #expect(try told([:], by: Self.database) == ["values.size: missing", "values.name: missing"])
        #expect(try told(["size": 3.0, "name": "shop", "owner": ["mail": "a@b"]], by: Self.database).isEmpty)
    }

    @Test(
        arguments: [
            (["anyOf": [["type": "string"], ["type": "null"]]], "x", true),
            (["anyOf": [["type": "string"], ["type": "null"]]], 1, false),
            (["oneOf": [["minimum": 1], ["maximum": 3]]], 2, false),
            (["oneOf": [["minimum": 1], ["maximum": 3]]], 5, true),
            (["allOf": [["minimum": 1], ["maximum": 3]]], 2, true),
            (["not": ["type": "string"]], "x", false),
            (["type": ["integer", "null"]], nil, true),
            (["const": 1], 1.0, true),
            (["exclusiveMinimum": 1], 1, false),
            (["multipleOf": 5], 12, false),
            (["patternProperties": ["^x-": ["type": "string"]], "additionalProperties": false], ["x-a": "1"], true),
            (["patternProperties": ["^x-": ["type": "string"]], "additionalProperties": false], ["x-a": 1], false),
            (["propertyNames": ["pattern": "^[a-z]$"]], ["B": 1], false),
            (["items": [["type": "string"], ["type": "integer"]], "additionalItems": false], ["a", 1], true),
            (["items": [["type": "string"], ["type": "integer"]], "additionalItems": false], ["a", 1, 2], false),
            (["prefixItems": [["type": "string"]], "items": ["type": "integer"]], ["a", 1, 2], true),
            (["minProperties": 1], [:], false),
            (["title": "anything", "format": "date"], [1], true),
            ([:], [1], true),
        ] as [(JSON, JSON, Bool)])
    func keywords(schema: JSON, value: JSON, fits: Bool) throws {
        #expect(try told(value, by: schema).isEmpty == fits)
    }

    @Test func whatIsNotKnownYetFitsEverywhere() throws {
        let schema = try JSONSchema(Self.database)
        let value: JSON = ["size": "${resources.x.outputs.size}", "name": "${context.env.id}", "tier": "medium"]
        #expect(schema.violations(of: value, where: { $0.contains("${") }).map(\.path) == ["tier"])
    }

    @Test func whatIsNoSchemaIsTold() {
        let error = #expect(throws: SchemaError.self) {
            try JSONSchema([
                "type": "objekt", "required": "size", "properties": ["a": 1, "b": ["pattern": "("]], "$ref": "#/nowhere",
                "minLength": -1, "allOf": ["type": "string"], "minimum": "1",
            ])
        }
        #expect(
            error?.problems.map(\.path) == [
                "$ref", "allOf", "minLength", "minimum", "properties.a", "properties.b.pattern", "required", "type",
            ])
        #expect(error?.problems.last?.suggestion == "object")
    }

    /// Written to cost time: each ends with a problem, soon.
    @Test(.timeLimit(.minutes(1))) func schemasOfAnEnemy() throws {
        let loop: JSON = ["anyOf": [["$ref": "#"], ["$ref": "#"]]]
        #expect(try !told(1, by: loop).isEmpty)
        #expect(try !told(.string(String(repeating: "a", count: 40) + "!"), by: ["pattern": "^(a+)+$"]).isEmpty)
        var deep: JSON = ["type": "string"]
        for _ in 0..<100 { deep = ["not": deep] }
        #expect(throws: SchemaError.self) { try JSONSchema(deep) }
        let many = JSON.object(Dictionary(uniqueKeysWithValues: (0..<10_000).map { ("k\($0)", 1) }))
        #expect(try told(many, by: ["additionalProperties": false]).count == 50)
    }
}
