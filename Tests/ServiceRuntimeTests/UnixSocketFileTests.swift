import Glibc
import TestSupport
import Testing

@testable import ServiceRuntime

@Suite struct UnixSocketFileTests {
    private func info(_ path: String) -> (mode: UInt32, group: UInt32) {
        var info = stat()
        stat(path, &info)
        return (info.st_mode & 0o777, info.st_gid)
    }

    @Test func modeAndGroup() throws {
        let folder = try TemporaryFolder("socket")
        let path = folder.file("a.sock"), group = getuid() == 0 ? 65534 : getgid()
        let file = try UnixSocketFile(path: path, mode: 0o640, group: group, backlog: 5)
        #expect(info(path) == (0o640, group))
        file.remove()
        #expect(access(path, F_OK) != 0)
        close(file.descriptor)
    }

    @Test func aLiveSocketIsNotTaken() throws {
        let folder = try TemporaryFolder("socket")
        let live = try ListeningSocket(unix: folder.file("a.sock"))
        #expect(throws: ListenerError.self) {
            try UnixSocketFile(path: folder.file("a.sock"), mode: 0o600, group: nil, backlog: 5)
        }
        _ = try RawClient(unix: folder.file("a.sock"))
        withExtendedLifetime(live) {}
    }

    @Test func aFileThatIsNoSocketIsNotReplaced() throws {
        let folder = try TemporaryFolder("socket")
        let path = try folder.write("precious", to: "a.sock")
        #expect(throws: ListenerError.self) { try UnixSocketFile(path: path, mode: 0o600, group: nil, backlog: 5) }
        #expect(folder.read("a.sock") == "precious")
    }

    @Test func aSuccessorsFileIsNotRemoved() throws {
        let folder = try TemporaryFolder("socket")
        let path = folder.file("a.sock")
        let first = try UnixSocketFile(path: path, mode: 0o600, group: nil, backlog: 5)
        close(first.descriptor)
        let second = try UnixSocketFile(path: path, mode: 0o600, group: nil, backlog: 5)
        first.remove()
        #expect(access(path, F_OK) == 0)
        unlink(path)
        try folder.write("someone else's", to: "a.sock")
        second.remove()
        #expect(folder.read("a.sock") == "someone else's")
        close(second.descriptor)
    }
}
