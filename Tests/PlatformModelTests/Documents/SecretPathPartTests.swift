import PlatformModel
import Testing

@Suite struct SecretPathPartTests {
    @Test("Two names never share a part, and every part begins as a path's part may")
    func distinct() throws {
        let names = ["a", "-a", "_-a", "__-a", "_a", "a/b", "a~2fb", "ü", "a b", ".", "..", "~41", "A"]
        let parts = try names.map { try #require(SecretPathPart.of($0)) }
        #expect(Set(parts).count == names.count)
        #expect(parts.first == "a" && parts[5] == "a~2fb")
        for part in parts { #expect(part.first.map { $0.isLetter || $0.isNumber || $0 == "_" } == true, "\(part)") }
    }

    @Test("A name is neither empty nor too long")
    func bounds() {
        #expect(SecretPathPart.of("") == nil && SecretPathPart.of(String(repeating: "x", count: 201)) == nil)
        #expect(SecretPathPart.of(String(repeating: "x", count: 200)) != nil)
        #expect(SecretPathPart.of("-" + String(repeating: "x", count: 199)) == nil)
    }
}
