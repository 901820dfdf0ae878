import Testing

@testable import DirectoryClient

@Suite struct GroupMemoryTests {
    @Test func forAMomentAndNotForMore() {
        var memory = GroupMemory()
        #expect(memory.recall("cn=a", now: 100) == nil)
        memory.remember(["cn=b"], "cn=a", now: 100)
        memory.remember([], "cn=b", now: 101)
        #expect(memory.recall("cn=a", now: 104) == ["cn=b"] && memory.recall("cn=b", now: 105) == [])
        #expect(memory.recall("cn=a", now: 105) == nil)
        for index in 0..<GroupMemory.limit { memory.remember(["cn=x"], "cn=\(index)", now: 200) }
        let kept = (0..<GroupMemory.limit).count { memory.recall("cn=\($0)", now: 200) != nil }
        #expect(kept > 0 && kept <= GroupMemory.limit)
    }
}
