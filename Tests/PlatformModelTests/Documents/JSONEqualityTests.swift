import PlatformModel
import Testing

@Suite struct JSONEqualityTests {
    /// The same letters, composed and decomposed: other bytes, so another value to a database or a container.
    @Test func textsAreEqualByTheirBytes() {
        let composed: JSON = "caf\u{e9}", decomposed: JSON = "cafe\u{301}"
        #expect("caf\u{e9}" == "cafe\u{301}", "Swift's own opinion")
        #expect(composed != decomposed)
        #expect(["a": [composed]] as JSON != ["a": [decomposed]])
        #expect(composed == "caf\u{e9}" && decomposed == "cafe\u{301}")
        #expect(Set([composed, decomposed, composed]).count == 2)
        // Two marks in another order: as many bytes.
        #expect("q\u{323}\u{307}" as JSON != "q\u{307}\u{323}")
    }

    @Test(arguments: [nil, true, 1, 1.5, "a", [1, "a"], ["a": ["b": nil]]] as [JSON]) func everyValueIsOnlyItself(value: JSON) {
        let all: [JSON] = [nil, true, 1, 1.5, "a", [1, "a"], ["a": ["b": nil]]]
        #expect(all.filter { $0 == value }.count == 1)
    }
}
