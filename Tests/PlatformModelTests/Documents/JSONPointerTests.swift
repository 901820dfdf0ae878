import PlatformModel
import Testing

struct JSONPointerTests {
    /// The table of RFC 6901 section 5.
    @Test(
        arguments: [
            ("", nil), ("/foo", #"["bar","baz"]"#), ("/foo/0", #""bar""#), ("/", "0"), ("/a~1b", "1"), ("/c%d", "2"),
            ("/e^f", "3"), ("/g|h", "4"), ("/i\\j", "5"), ("/k\"l", "6"), ("/ ", "7"), ("/m~0n", "8"),
        ] as [(String, String?)])
    func readsTheTableOfTheStandard(_ text: String, _ expected: String?) throws {
        let document: JSON = [
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8,
        ]
        let pointer = try JSONPointer(text)
        #expect(document[pointer]?.canonical == (expected ?? document.canonical))
        #expect(pointer.description == text)
    }

    @Test(arguments: ["foo", "/a~", "/a~2", "~0", "/~/x"])
    func refusesWhatIsNoPointer(_ text: String) {
        #expect(throws: PointerError.self) { try JSONPointer(text) }
    }

    @Test(arguments: ["/foo/-", "/foo/2", "/foo/01", "/foo/+1", "/foo/0/x", "/none", "/foo/ 1", "/foo/99999999999999999999"])
    func namesNothing(_ text: String) throws {
        let document: JSON = ["foo": ["bar", "baz"]]
        #expect(try document[JSONPointer(text)] == nil)
    }

    @Test func combiningMarksDoNotHideASlash() throws {
        #expect(try JSONPointer("/\u{301}/b").tokens == ["\u{301}", "b"])
    }

    @Test func tellsWhatLiesWithin() throws {
        #expect(try JSONPointer("/a").contains(JSONPointer("/a/b")))
        #expect(try !JSONPointer("/a").contains(JSONPointer("/ab")))
        #expect(try JSONPointer("").contains(JSONPointer("/a")))
    }
}
