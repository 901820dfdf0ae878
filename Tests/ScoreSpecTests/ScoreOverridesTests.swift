import PlatformModel
import ScoreSpec
import Testing

@Suite struct ScoreOverridesTests {
    private func container(
        _ options: ScoreOptions, _ text: String = small(container: "{image: a, args: [x, y], variables: {A: '1', B: '2'}}")
    )
        throws -> ScoreDocument.Container
    {
        try #require(try read(text, options).document.containers["main"])
    }

    private func overrides(_ text: String) -> ScoreOptions {
        ScoreOptions(overrides: .init(Array(text.utf8), file: "overrides.yaml"))
    }

    @Test func mergesDeeplyAndReplacesLists() throws {
        let merged = try container(overrides("containers: {main: {image: b, args: [z], variables: {A: '', C: '3'}}}"))
        #expect(merged.image == "b")
        #expect(merged.args == ["z"])
        #expect(merged.variables == ["A": "", "B": "2", "C": "3"])
    }

    @Test func problemsOfAnOverrideNameItsFile() {
        let found = problems(small(), overrides("containers:\n  main:\n    image: ~\n    agrs: [a]\n"))
        #expect(found.map(\.file) == ["overrides.yaml", "overrides.yaml"])
        #expect(found.map(\.line) == [3, 4])
        #expect(found.last?.suggestion == "args")
    }

    @Test func setsProperties() throws {
        let properties = try [
            "containers.main.image=b", "containers.main.args.0=z", "containers.main.args.-1=w", "containers.main.variables.A=",
            "containers.main.variables.D\\.E='5'", "containers.main.variables.B=null", #"containers.main.variables.F\\\.G=g"#,
            "metadata.team.name=core",
        ].map { try ScoreProperty(parsing: $0) }
        let merged = try container(ScoreOptions(properties: properties))
        #expect(merged.image == "b")
        #expect(merged.args == ["z", "y", "w"])
        #expect(merged.variables == ["D.E": "5", #"F\.G"#: "g"])
        #expect(try read(small(), ScoreOptions(properties: properties.suffix(1))).document.metadata["team"] == ["name": "core"])
    }

    @Test(arguments: [
        "containers.main.args.7=z", "containers.main.args.5.y=z", "containers.main.args.one=z", "containers.main.image.tag=b",
        "containers..image=b", "containers.main.args.1=z", "containers.main.args.-2=z", "containers.main.args.-1.y=z",
        "containers.main.args.1=", "containers.main.args.-1=", "containers.main.args.9223372036854775808=z",
        "metadata.name.x.y=z", "containers.main.args.0.0=z", String(repeating: "a.", count: 60) + "b=c",
    ])
    func refusesPathsThatLeadNowhere(argument: String) throws {
        let text = small(container: "{image: a, args: [x]}")
        #expect(problems(text, ScoreOptions(properties: [try ScoreProperty(parsing: argument)])).map(\.code) == ["SCORE-209"])
    }

    @Test(arguments: ["", "containers.main.image", "=b", "a=[", "a=*x"]) func refusesWhatIsNoProperty(argument: String) {
        #expect(throws: ScoreProblems.self) { try ScoreProperty(parsing: argument) }
    }

    @Test func whatIsNotThereNeedsNoDeleting() throws {
        let properties = try ["resources.db.params.x=", "containers.main.command="].map { try ScoreProperty(parsing: $0) }
        #expect(try read(small(), ScoreOptions(properties: properties)).document.resources == nil)
    }

    @Test func thePropertiesAreNotWithoutEnd() {
        let properties = Array(repeating: ScoreProperty(path: "metadata.a", value: 1), count: 1001)
        #expect(problems(small(), ScoreOptions(properties: properties)).map(\.code) == ["SCORE-209"])
    }

    /// As the reference reads them: a file of comments only overrides nothing.
    @Test func overridesMayBeEmpty() {
        for text in ["", "# nothing yet\n", "---\n", "{}"] { #expect(problems(small(), overrides(text)).isEmpty, "\(text)") }
        #expect(problems(small(), overrides("- a")).map(\.message) == ["a map is needed and this is a list"])
        #expect(
            problems("# nothing yet\n").map(\.message) == [
                "a map is needed, beginning with 'apiVersion', and there is nothing here"
            ])
    }

    @Test func overridesThatAreNoYAMLAreToldBesideAllElse() {
        let found = problems(small(container: "imagee: a"), overrides("a: ["))
        #expect(Set(found.map(\.code)) == ["YAML-101", "SCORE-102"])
    }

    @Test func aNullOfTheOverridesLands() {
        #expect(problems(small(), overrides("containers: {main: {command: }}")).map(\.code) == ["SCORE-104"])
    }

    @Test func aPropertyOfTheWrongTypeNamesTheProperty() throws {
        let found = problems(small(), ScoreOptions(properties: [try ScoreProperty(parsing: "containers.main.variables.PORT=80")]))
        #expect(found.map(\.file) == ["--property containers.main.variables.PORT"])
        #expect(found.map(\.code) == ["SCORE-104"])
    }
}
