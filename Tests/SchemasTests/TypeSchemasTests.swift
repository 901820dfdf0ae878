import PlatformModel
import Schemas
import Testing

@Suite struct TypeSchemasTests {
    private static let values: JSON = [
        "type": "object", "required": ["host"], "properties": ["host": ["type": "string"], "port": ["type": "integer"]],
        "additionalProperties": false,
    ]
    private static let secrets: JSON = [
        "type": "object", "required": ["password"], "properties": ["password": ["type": "string"]],
        "additionalProperties": false,
    ]

    private static func type(outputs: JSON, inputs: JSON = [:]) -> ResourceType {
        ResourceType(
            type: "acme/queue", name: "Queue", category: "", use: "direct", inputsSchema: inputs, outputsSchema: outputs)
    }

    /// The three ways to write one and the same.
    @Test(
        arguments: [
            ["values": values, "secrets": secrets],
            ["type": "object", "properties": ["values": values, "secrets": secrets]],
            [
                "type": "object", "required": ["host", "password"], "additionalProperties": false,
                "properties": [
                    "host": ["type": "string"], "port": ["type": "integer"], "password": ["type": "string", "secret": true],
                ],
            ],
        ] as [JSON])
    func outputsAreChecked(_ schema: JSON) {
        let type = TypeSchemas(Self.type(outputs: schema))
        #expect(type.secretOutputs == ["password"] && type.onlyOutputs == ["host", "password", "port"])
        func told(_ values: JSON, _ secrets: JSON) -> [String] {
            type.violations(ofValues: values, secrets: secrets).map { "\($0.path): \($0.message)" }.sorted()
        }
        #expect(told(["host": "db"], ["password": "x"]).isEmpty)
        #expect(told(["port": 1], ["password": "x", "host": "db"]).isEmpty, "a value may be given as a secret")
        #expect(
            told(["port": "1", "prot": 1], [:]) == [
                "outputs.host: missing", "outputs.password: missing", "outputs.port: integer is needed, not string",
                "outputs.prot: unknown key",
            ])
        let separated = type.separated(values: ["host": "db", "password": "hunter2"], secrets: [:])
        #expect(separated.values == ["host": "db"] && separated.secrets == ["password": "hunter2"])
    }

    @Test func noMessageHasAValue() {
        let type = TypeSchemas(
            Self.type(outputs: ["secrets": ["properties": ["key": ["type": "string", "pattern": "^[a-z]+$", "maxLength": 3]]]]))
        let found = type.violations(ofValues: [:], secrets: ["key": "HUNTER2"])
        #expect(found.count == 2 && !found.contains { "\($0)".contains("HUNTER2") })
    }

    @Test func paramsAreChecked() {
        let type = TypeSchemas(
            Self.type(
                outputs: [:],
                inputs: [
                    "values": [
                        "required": ["size"], "additionalProperties": false, "properties": ["size": ["type": "integer"]],
                    ]
                ]))
        #expect(!type.acceptsAnyParams && type.onlyOutputs == nil)
        #expect(type.violations(ofParams: .null).map(\.path) == ["params.size"])
        #expect(type.violations(ofParams: ["siez": 1, "size": 1]).map(\.suggestion) == ["size"])
        #expect(type.violations(ofParams: ["size": "${values.SIZE}"], where: { $0.contains("${") }).isEmpty)
    }

    /// What a part refers to may stand beside it.
    @Test func definitionsAreSharedByTheParts() {
        let schema: JSON = [
            "definitions": ["port": ["type": "integer"]],
            "properties": ["values": ["properties": ["port": ["$ref": "#/definitions/port"]]]],
        ]
        let type = Self.type(outputs: schema)
        #expect(TypeSchemas.problems(of: type).isEmpty)
        #expect(TypeSchemas(type).violations(ofValues: ["port": "x"], secrets: [:]).count == 1)
        let wrong = Self.type(outputs: ["values": ["type": "objekt"], "secrets": 1], inputs: ["type": "objekt"])
        #expect(
            TypeSchemas.problems(of: wrong).map(\.path) == [
                "inputs_schema.type", "outputs_schema.values.type", "outputs_schema.secrets",
            ])
    }

    @Test func builtInTypesAreWellFormed() throws {
        for type in ResourceType.builtIn {
            #expect(TypeSchemas.problems(of: type).isEmpty, "\(type.type)")
            let names = TypeSections(type.outputsSchema).names
            for part in TypeSections(type.outputsSchema).parts {
                for name in part.schema["required"]?.array ?? [] { #expect(names.contains(name.string ?? "")) }
            }
        }
        let postgres = TypeSchemas(try #require(ResourceType.builtIn.first { $0.type == "postgres" }))
        #expect(postgres.secretOutputs == ["password"] && postgres.onlyOutputs == nil)
        #expect(
            postgres.violations(ofValues: ["host": "db", "port": "5432", "name": "n", "more": 1], secrets: ["username": "u"])
                .map(\.path) == ["outputs.password"])
        #expect(
            postgres.violations(ofValues: ["host": "db", "port": "x", "name": "n", "username": "u"], secrets: ["password": "p"])
                .map(\.message) == ["does not match the pattern ^[0-9]+$"])
    }
}
