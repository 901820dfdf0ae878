import Sandbox
import TestSupport
import Testing

/// Jobs that take what they can get.
@Suite(.enabled(if: SandboxLauncher.isAvailable), .timeLimit(.minutes(5)))
struct LimitTests {
    @Test func aForkBombIsHeldAndEnded() async throws {
        let started = ContinuousClock.now
        let run = try await TestRun(SandboxJob(command: ["bash", "-c", "echo on; f() { f | f & }; f; wait; sleep 1000"])) {
            $0.limits.wallSeconds = 3
            $0.limits.processes = 40
        }
        #expect(run.result.ending == .timedOut || run.result.ending == .cpuExceeded, "\(run.result.ending)")
        #expect(ContinuousClock.now - started < .seconds(60))
        // Others start at the same time and after it.
        #expect(try await TestRun(SandboxJob(command: ["true"])).result.ending == .exited(0))
    }

    @Test func processesAreCounted() async throws {
        let run = try await TestRun(
            python: """
                import os, time
                made = 0
                try:
                    while made < 200:
                        if os.fork() == 0: time.sleep(100); os._exit(0)
                        made += 1
                except OSError: pass
                print(made)
                """
        ) { $0.limits.processes = 20 }
        #expect(run.standardOutput == ["19"])
    }

    @Test func aDaemonEndsWithItsJob() async throws {
        let mark = "daemon-\(UInt64.random(in: 0 ... .max))"
        let run = try await TestRun(
            SandboxJob(
                command: [
                    "bash", "-c",
                    "(trap '' TERM HUP; setsid bash -c 'exec -a \(mark) sleep 1000' < /dev/null > /dev/null 2>&1 &) ; sleep 0.3; echo left",
                ]))
        #expect(run.result.ending == .exited(0))
        #expect(run.standardOutput == ["left"])
        #expect(try Command.output("/usr/bin/pgrep", ["-f", "^\(mark)"]) == "")
    }

    @Test func oneProcessCannotTakeMoreMemory() async throws {
        let run = try await TestRun(
            python: "x = []\ntry:\n  while True: x.append(bytes(1 << 20) + b'x')\nexcept MemoryError: print('no more')"
        ) { $0.limits.memoryBytes = 128 << 20 }
        #expect(run.result.ending == .outOfMemory || run.standardOutput == ["no more"], "\(run.result.ending) \(run.all)")
    }

    @Test func manyTogetherCannotEither() async throws {
        let run = try await TestRun(
            python: """
                import os, time
                for number in range(10):
                    if os.fork() == 0:
                        kept = bytearray(os.urandom(1 << 20) * 40)
                        time.sleep(100)
                time.sleep(100)
                """
        ) { $0.limits.memoryBytes = 200 << 20 }
        #expect(run.result.ending == .outOfMemory)
    }

    @Test func sharedMemoryCounts() async throws {
        let run = try await TestRun(
            python: """
                import mmap, time
                kept = [mmap.mmap(-1, 10 << 20) for _ in range(20)]
                for each in kept:
                    for at in range(0, 10 << 20, 4096): each[at] = 1
                time.sleep(100)
                """
        ) { $0.limits.memoryBytes = 100 << 20 }
        #expect(run.result.ending == .outOfMemory)
    }

    /// What the kernel keeps in sockets is nobody's page: many of them count as if they were full.
    @Test(arguments: [
        "socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)",
        // Without a name these take nothing in.
        "socket.socket(socket.AF_INET, socket.SOCK_STREAM); made.listen()",
        "socket.socket(socket.AF_INET, socket.SOCK_DGRAM); made.bind(('127.0.0.1', 0))",
    ])
    func manySocketsAreMemory(socket: String) async throws {
        func run(_ count: Int) async throws -> TestRun {
            try await TestRun(
                python: """
                    import socket, time
                    kept = []
                    for _ in range(\(count)):
                        made = \(socket)
                        kept.append(made)
                    time.sleep(\(count < 256 ? 1 : 100))
                    print(len(kept))
                    """
            ) { $0.limits.memoryBytes = 100 << 20 }
        }
        let few = try await run(200)
        #expect(few.result.ending == .exited(0) && few.standardOutput == ["200"], "\(few.result.ending) \(few.all)")
        let many = try await run(900)
        #expect(many.result.ending == .outOfMemory, "\(many.result.ending) \(many.all)")
    }

    @Test func filesAreLimited() async throws {
        let run = try await TestRun(
            python: """
                import os, signal
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                for folder in ("/job/work", "/dev/shm"):
                    written = 0
                    try:
                        for number in range(100):
                            with open(f"{folder}/{number}", "wb", buffering=0) as file: written += file.write(bytes(1 << 20))
                    except OSError: pass
                    print(written <= 16 << 20, written >= 10 << 20)
                try: os.truncate("/job/work/0", 1 << 30); print("grown")
                except OSError: pass
                """
        ) { $0.limits.fileBytes = 16 << 20 }
        #expect(run.standardOutput == ["True True", "True True"], "\(run.all)")
    }

    @Test func countlessSmallFilesAreMemory() async throws {
        let run = try await TestRun(
            python: "import os\nos.mkdir('f')\nfor n in range(10 ** 9): os.close(os.open(f'f/{n}', os.O_CREAT | os.O_WRONLY))"
        ) { $0.limits.memoryBytes = 48 << 20 }
        #expect(run.result.ending == .outOfMemory)
    }

    @Test(arguments: ["while True: pass", "import os\nfor n in range(3): os.fork()\nwhile True: pass"])
    func timeOfTheProcessorIsLimited(program: String) async throws {
        let run = try await TestRun(python: program) { $0.limits.cpuSeconds = 1 }
        #expect(run.result.ending == .cpuExceeded)
    }

    @Test func timeIsLimited() async throws {
        let started = ContinuousClock.now
        let run = try await TestRun(SandboxJob(command: ["sh", "-c", "trap '' TERM; printf kept > out; sleep 1000"])) {
            $0.limits.wallSeconds = 1
            $0.collect = ["out"]
        }
        #expect(run.result.ending == .timedOut)
        #expect(run.result.collected == ["out": Array("kept".utf8)])
        #expect(ContinuousClock.now - started < .seconds(120))
    }

    @Test(arguments: ["yes", "yes >&2", "while :; do echo; done", "cat /dev/zero"])
    func outputIsLimited(command: String) async throws {
        let run = try await TestRun(SandboxJob(command: ["sh", "-c", command])) { $0.limits.outputBytes = 100_000 }
        #expect(run.result.ending == .outputExceeded)
        let bytes = run.lines.reduce(0) { $0 + $1.line.utf8.count }
        #expect((90_000...100_020).contains(bytes + run.lines.count))
    }

    @Test func aSignalIsTold() async throws {
        #expect(try await TestRun(SandboxJob(command: ["sh", "-c", "kill -SEGV $$"])).result.ending == .signalled(11))
    }
}

extension TestRun {
    init(_ job: SandboxJob, _ change: (inout SandboxJob) -> Void) async throws {
        var job = job
        job.limits.wallSeconds = 60
        change(&job)
        self = try await TestRun(job)
    }
}
