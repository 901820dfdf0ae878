import PlatformModel
import TestSupport
import Testing

/// The judge of answers, judged itself.
@Suite struct ContractSchemaTests {
    private static let document: JSON = [
        "components": [
            "schemas": [
                "Thing": [
                    "type": "object", "required": ["id"], "additionalProperties": ["type": "integer"],
                    "properties": [
                        "id": ["type": "string", "pattern": "^[a-z]+$"], "kind": ["type": "string", "enum": ["a", "b"]],
                        "note": ["type": "string", "nullable": true], "at": ["type": "string", "format": "date-time"],
                        "list": ["type": "array", "items": ["$ref": "#/components/schemas/Thing"]],
                        "either": ["oneOf": [["type": "string"], ["type": "integer"]]],
                    ],
                ],
                "Closed": ["type": "object", "additionalProperties": false, "properties": ["id": ["type": "string"]]],
            ]
        ]
    ]

    @Test(
        arguments: [
            (
                #"{"id": "x", "kind": "a", "note": null, "at": "2026-01-02T03:04:05.678Z", "list": [{"id": "y"}], "other": 1}"#,
                nil
            ),
            (#"{"id": "x", "either": 1}"#, nil), (#"{}"#, "body.id"), (#"{"id": 1}"#, "body.id"), (#"{"id": "X"}"#, "body.id"),
            (#"{"id": "x", "kind": "c"}"#, "body.kind"), (#"{"id": null}"#, "body.id"),
            (#"{"id": "x", "at": "today"}"#, "body.at"),
            (#"{"id": "x", "list": [{"id": "y"}, {}]}"#, "body.list[1].id"), (#"{"id": "x", "either": true}"#, "body.either"),
            (#"{"id": "x", "other": "y"}"#, "body.other"), (#"[]"#, "body"),
        ] as [(String, String?)])
    func itFindsWhatIsWrong(_ text: String, _ path: String?) throws {
        let problems = ContractSchema(document: Self.document).problems(
            of: try JSON.parse(text), ["$ref": "#/components/schemas/Thing"], at: "body")
        #expect(problems.count == (path == nil ? 0 : 1), "\(problems)")
        if let path { #expect(problems.first?.hasPrefix("\(path):") == true, "\(problems)") }
    }

    @Test func aClosedSchemaTakesNothingElse() {
        let schema = ContractSchema(document: Self.document)
        let closed: JSON = ["$ref": "#/components/schemas/Closed"]
        #expect(schema.problems(of: ["id": "x"], closed, at: "body").isEmpty)
        #expect(schema.problems(of: ["id": "x", "more": 1], closed, at: "body") == ["body.more: unknown"])
        #expect(schema.problems(of: [:], ["$ref": "#/components/schemas/Gone"], at: "body").count == 1)
    }
}
