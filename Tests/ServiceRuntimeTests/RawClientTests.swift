import Glibc
import TestSupport
import Testing

@Suite struct RawClientTests {
    /// A connection that is refused gives back its descriptor once: another thread may have the same number at once.
    @Test func aRefusedConnectionClosesNothingOfOthers() async throws {
        let folder = try TemporaryFolder("refused")
        let path = folder.file("nobody.sock")
        async let refused = Task.detached { (0..<20_000).count { _ in (try? RawClient(unix: path)) == nil } }.value
        async let lost = Task.detached {
            (0..<20_000).count { _ in
                let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
                return close(descriptor) != 0
            }
        }.value
        #expect(await refused == 20_000)
        #expect(await lost == 0)
    }
}
