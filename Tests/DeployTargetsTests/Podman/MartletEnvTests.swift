import Glibc
import PlatformModel
import TestSupport
import Testing

/// The program that runs inside containers, here outside of one.
@Suite(.enabled(if: PrivatePodman.isAvailable)) struct MartletEnvTests {
    private static func run(_ arguments: [String]) async throws -> (code: Int32, output: String) {
        try Command.run(try await PrivatePodman.shared().martletEnv, arguments)
    }

    private static func file(_ contents: String) throws -> String {
        let path = "/dev/shm/martlet-env-test-\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        defer { close(descriptor) }
        _ = Array(contents.utf8).withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        return path
    }

    @Test func itSetsTheVariablesAndBecomesTheCommand() async throws {
        let path = try Self.file("A=1\0B=two words\nand = a line\0EMPTY=\0")
        defer { unlink(path) }
        let (code, output) = try await Self.run(
            ["run", "--file", path, "--", "/bin/sh", "-c", #"printf '%s|%s|%s' "$A" "$B" "$EMPTY"; exit 7"#])
        #expect(code == 7)
        #expect(output == "1|two words\nand = a line|")
    }

    @Test func itIsStaticSoThatItRunsAnywhere() async throws {
        let path = try await PrivatePodman.shared().martletEnv
        let kind = try Command.run("/usr/bin/env", ["ldd", path])
        #expect(kind.code != 0)
    }

    @Test(
        arguments: [
            (["run", "/no/such/program"], 127), (["run", "/etc/passwd"], 126), (["run"], 125),
            (["run", "--file", "/no/file", "true"], 125),
            (["no-such-mode-so-a-command"], 127), (["true"], 0), (["probe-tcp", "0"], 125),
            (["probe-http", "80", "no-slash"], 125),
        ] as [([String], Int32)])
    func exitCodes(_ arguments: [String], _ code: Int32) async throws {
        #expect(try await Self.run(arguments).code == code)
    }

    @Test func aFileThatIsNotVariablesIsRefusedWithoutShowingIt() async throws {
        let path = try Self.file("c4n4ry\0")
        defer { unlink(path) }
        let (code, output) = try await Self.run(["run", "--file", path, "true"])
        #expect(code == 125 && !output.contains("c4n4ry"))
    }

    @Test func aLimitEndsTheCommand() async throws {
        // A process that a signal ended has no exit code of its own; the shell in between gives 128 + SIGALRM.
        let program = try await PrivatePodman.shared().martletEnv
        #expect(try Command.run("/bin/sh", ["-c", "\(program) run --limit 50 sleep 100; exit $?"]).code == 142)
    }

    @Test func aProbeSaysWhatItSaw() async throws {
        let (code, output) = try await Self.run(["probe-tcp", "1"])
        #expect(code == 1 && output == "port 1: Connection refused\n")
    }
}
