import Testing

@testable import Gateway

@Suite struct AccessTokenTests {
    @Test func isReadBackAndNeverRepeats() throws {
        var seen: Set<String> = []
        for _ in 0..<200 {
            let token = try AccessToken.make()
            #expect(token.text.count == 53 && token.text.hasPrefix("mrt_"))
            #expect(AccessToken(token.text)?.text == token.text)
            seen.insert(token.text)
        }
        #expect(seen.count == 200)
    }

    @Test func everyTypingMistakeIsFound() throws {
        let token = Array(try AccessToken.make().text)
        for index in token.indices {
            var changed = token
            changed[index] = changed[index] == "a" ? "b" : "a"
            #expect(AccessToken(String(changed)) == nil, "place \(index)")
        }
        for index in 4..<(token.count - 1) where token[index] != token[index + 1] {
            var changed = token
            changed.swapAt(index, index + 1)
            #expect(AccessToken(String(changed)) == nil, "swapped at \(index)")
        }
        #expect(AccessToken(String(token.dropLast())) == nil)
        #expect(AccessToken("") == nil)
    }

    @Test func base62IsTheNumber() {
        #expect(Base62.encode([0, 0], count: 3) == "000")
        #expect(Base62.encode([0, 61], count: 2) == "0z")
        #expect(Base62.encode([0, 62], count: 2) == "10")
        // 2^256 - 1: 43 digits hold every key.
        #expect(Base62.encode([UInt8](repeating: 0xff, count: 32), count: 43) == "yhjskwdA6OZ1AL1YmHWZWm8LLG7HjnuCA2j5rOw8Xp1")
    }
}
