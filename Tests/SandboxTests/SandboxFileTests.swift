import Sandbox
import Testing

struct SandboxFileTests {
    @Test(arguments: ["a", "a/b.txt", ".hidden", "...", "a..b", "a b/ü"])
    func namesThatStayInTheWorkspace(path: String) { #expect(SandboxFile.isInside(path)) }

    @Test(arguments: ["", "/etc/passwd", "../a", "a/../../b", "a//b", "./a", "a/", "a\0b", String(repeating: "a", count: 4001)])
    func namesThatDoNot(path: String) { #expect(!SandboxFile.isInside(path)) }
}
