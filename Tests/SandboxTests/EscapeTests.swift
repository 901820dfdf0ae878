import Glibc
import Sandbox
import TestSupport
import Testing

/// What a hostile job tries, from the inside of the real sandbox. Each program prints what it got at; nothing is expected.
@Suite(.enabled(if: SandboxLauncher.isAvailable), .timeLimit(.minutes(5)))
struct EscapeTests {
    /// `attempt(name, function)` prints `name` when the function does not fail, and `name: result` when it has one.
    private static let prelude = """
        import ctypes, os, signal, socket, subprocess, sys, time
        libc = ctypes.CDLL(None, use_errno=True)
        def attempt(name, function):
            try: result = function()
            except (OSError, subprocess.SubprocessError, PermissionError): return
            if result is not None: print(name, result, flush=True)
        def call(number, *arguments):
            if libc.syscall(number, *arguments) == -1: raise OSError(ctypes.get_errno(), "")
            return "done"

        """

    private func got(_ program: String, _ change: (inout SandboxJob) -> Void = { _ in }) async throws -> [String] {
        let run = try await TestRun(python: Self.prelude + program + "\nprint('end')", change)
        #expect(run.result.ending == .exited(0), "\(run.result.ending): \(run.all)")
        #expect(run.standardOutput.last == "end", "\(run.all)")
        return Array(run.standardOutput.dropLast())
    }

    @Test func neitherAnotherJobNorItsWorkspaceIsSeen() async throws {
        let mark = "marked-\(UInt64.random(in: 0 ... .max))"
        try await withThrowingTaskGroup(of: Void.self) { group in
            let heard = Heard()
            let launcher = try await SandboxLauncher.shared()
            let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 1)
            group.addTask {
                let job = SandboxJob(
                    command: ["bash", "-c", "echo on; exec -a \(mark) sleep 1000"], environment: ["SECRET": mark],
                    files: [SandboxFile(path: mark, text: mark)])
                let result = try await sandbox.run(job) { heard.add($0) }
                #expect(result.ending == .cancelled)
            }
            try await eventually("the other job") { !heard.lines.isEmpty }
            let lines = try await got(
                """
                print(sorted(int(name) for name in os.listdir("/proc") if name.isdigit()) == [1, os.getpid()])
                print(os.listdir("/job/work"), os.listdir("/tmp"), os.listdir("/job/home"))
                for folder, folders, files in os.walk("/"):
                    if folder.startswith(("/proc/sys", "/usr")): folders.clear()
                    for name in folders + files:
                        if "marked-" in name: print("found", folder, name)
                for name in os.listdir("/proc"):
                    for file in ("environ", "cmdline"):
                        attempt(name, lambda: "found" if b"marked-" in open(f"/proc/{name}/{file}", "rb").read() else None)
                """)
            #expect(lines == ["True", "['program.py'] [] []"])
            group.cancelAll()
        }
    }

    @Test func everyJobHasAUserOfItsOwn() async throws {
        let launcher = try await SandboxLauncher.shared()
        let mark = "owned-\(UInt64.random(in: 0 ... .max))"
        try await withThrowingTaskGroup(of: Void.self) { group in
            let heard = Heard()
            let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 4)
            for _ in 0..<4 {
                group.addTask {
                    let job = SandboxJob(command: ["bash", "-c", "echo on; exec -a \(mark) sleep 1000"])
                    _ = try await sandbox.run(job) { heard.add($0) }
                }
            }
            let users = try await eventually("four jobs") {
                let lines = try Command.output("/usr/bin/ps", ["-eo", "uid=,args="]).split(separator: "\n")
                let own: [Int] = lines.compactMap { line in
                    let words = line.split(separator: " ")
                    return words.count > 1 && words[1] == mark ? Int(words[0]) : nil
                }
                return own.count == 4 ? Set(own) : nil
            }
            #expect(users.count == 4)
            #expect(users.allSatisfy { ($0 - launcher.firstUser) >= 0 && ($0 - launcher.firstUser) < launcher.jobs })
            group.cancelAll()
        }
    }

    @Test func nothingIsInherited() async throws {
        let lines = try await got(
            """
            print(sorted(os.environ), os.getuid(), os.getgid(), os.getgroups(), os.getcwd())
            print([int(name) for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")])
            status = dict(line.split(":", 1) for line in open("/proc/self/status") if ":" in line)
            print([status[name].strip() for name in ("CapPrm", "CapEff", "CapBnd", "CapAmb", "NoNewPrivs", "Seccomp")])
            """)
        let none = "'0000000000000000'"
        #expect(
            lines == [
                "['HOME', 'LANG', 'PATH', 'TMPDIR'] 1000 1000 [] /job/work", "[0, 1, 2]",
                "[\(none), \(none), \(none), \(none), '1', '2']",
            ])
    }

    @Test func noSocketOfTheMachineIsReached() async throws {
        let launcher = try await SandboxLauncher.shared()
        let abstract = try AbstractListener()
        let paths = [
            launcher.socket, "/run/martlet/runner.sock", "/run/martlet-demo/sockets/broker.sock", "/run/podman/podman.sock",
            "/var/run/docker.sock", "/run/systemd/private", "/run/dbus/system_bus_socket", "/dev/log",
            "/var/run/postgresql/.s.PGSQL.5432",
        ]
        let lines = try await got(
            """
            for path in \(paths):
                attempt("seen", lambda: os.stat(path) and path)
                attempt("reached", lambda: socket.socket(socket.AF_UNIX).connect(path) or path)
            attempt("abstract", lambda: socket.socket(socket.AF_UNIX).connect("\\0\(abstract.name)") or "reached")
            print(os.listdir("/run"), os.path.exists("/sys/kernel"), os.listdir("/var"))
            """)
        #expect(lines == ["[] False ['tmp']"])
    }

    @Test func tracingAndKillingOthersFails() async throws {
        let lines = try await got(
            """
            attempt("attach", lambda: call(101, 16, 1, 0, 0))
            attempt("read", lambda: call(310, 1, 0, 0, 0, 0, 0))
            attempt("descriptor", lambda: call(438, 3, 0, 0))
            for file in ("mem", "environ", "maps", "fd", "cwd", "root", "exe"):
                attempt(file, lambda: open("/proc/1/" + file, "rb").read(1) if file in ("mem", "environ", "maps") else os.listdir("/proc/1/" + file))
            child = subprocess.Popen(["sleep", "100"])
            attempt("attach to a child", lambda: call(101, 16, child.pid, 0, 0))
            child.kill()
            for number in (9, 15, 2, 19, 14): os.kill(1, number)
            for pid in range(2, 300):
                if pid not in (os.getpid(), child.pid): attempt(f"kill {pid}", lambda: os.kill(pid, 0) or pid)
            """)
        #expect(lines.isEmpty, "\(lines)")
    }

    @Test func noNamespaceNoMountNoKeyringNoSpecialSocket() async throws {
        let lines = try await got(
            """
            for name, flag in (("user", 0x10000000), ("mount", 0x20000), ("network", 0x40000000), ("pid", 0x20000000), ("time", 0x80)):
                attempt("unshare " + name, lambda: call(272, flag))
                if name != "time": attempt("clone " + name, lambda: call(56, flag | 17, 0, 0, 0, 0))
            attempt("clone3", lambda: call(435, 0, 0))
            for name, numbers in {"mount": 165, "umount": 166, "pivot": 155, "chroot": 161, "open_tree": 428, "fsopen": 430, "setns": 308,
                "add_key": 248, "request_key": 249, "keyctl": 250, "bpf": 321, "perf": 298, "userfaultfd": 323, "io_uring": 425,
                "by handle": 304, "memfd": 319, "shmget": 29, "syslog": 103, "personality": 135, "iopl": 172}.items():
                if name == "keyctl": attempt(name, lambda: call(250, 0, -3, 1))
                elif name == "memfd": attempt(name, lambda: call(319, b"x", 0))
                elif name == "shmget": attempt(name, lambda: call(29, 0, 4096, 0o1600))
                else: attempt(name, lambda: call(numbers, 0, 0, 0, 0, 0))
            # x32's name of getpid: another way to every call.
            attempt("x32", lambda: call(0x40000000 | 39))
            for name, family in (("packet", 17), ("alg", 38), ("vsock", 40), ("bluetooth", 31), ("key", 15)):
                attempt(name, lambda: socket.socket(family, socket.SOCK_RAW) and "made")
            attempt("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1) and "made")
            """)
        #expect(lines.isEmpty, "\(lines)")
    }

    /// System V's shared memory, semaphores and queues, and POSIX's queues: memory that the limits do not see, and a way to others.
    @Test func nothingOfSystemVIsMadeOrReached() async throws {
        let made = try Command.output("/usr/bin/ipcmk", ["-M", "4096", "-p", "0666"])
        let segment = try #require(made.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) }, "\(made)")
        defer { _ = try? Command.run("/usr/bin/ipcrm", ["-m", "\(segment)"]) }
        let calls = ["shmget": 29, "shmat": 30, "semget": 64, "msgget": 68, "mq_open": 240]
        let lines = try await got(
            """
            import errno
            def denied(name, *arguments):
                if libc.syscall(*arguments) != -1: print(name, "done")
                elif ctypes.get_errno() != errno.EPERM: print(name, os.strerror(ctypes.get_errno()))
            for key in (0, 4711):
                denied("shmget", \(calls["shmget"] ?? 0), key, 4096, 0o1600)
                denied("semget", \(calls["semget"] ?? 0), key, 1, 0o1600)
                denied("msgget", \(calls["msgget"] ?? 0), key, 0o1600)
            denied("shmat", \(calls["shmat"] ?? 0), \(segment), 0, 0)
            denied("mq_open", \(calls["mq_open"] ?? 0), b"queue", os.O_CREAT | os.O_RDWR, 0o600, 0)
            # The machine's own are in another namespace: not even their names are there.
            attempt("shmctl", lambda: call(31, \(segment), 2, ctypes.create_string_buffer(512)))
            for kind in ("shm", "sem", "msg"):
                try: listed = open("/proc/sysvipc/" + kind).readlines()[1:]
                except OSError: listed = []
                if listed: print(kind, listed)
            """)
        #expect(lines.isEmpty, "\(lines)")
    }

    @Test func aSetUIDProgramGivesNothing() async throws {
        let folder = try (try await SandboxLauncher.shared()).makeFolder()
        #expect(try Command.run("/bin/cp", ["/usr/bin/id", folder.file("id")]).code == 0)
        #expect(chmod(folder.file("id"), 0o4755) == 0)
        // Outside it works, so the test can fail.
        let outside = try await CommandRun(["setpriv", "--reuid", "65534", "--clear-groups", "--", folder.file("id"), "-u"])
        #expect(outside.output == "0\n")
        let lines = try await got(
            """
            print(subprocess.run(["\(folder.file("id"))", "-u"], capture_output=True, text=True).stdout.strip())
            for number in (0, 1, 65534): attempt(f"setuid {number}", lambda: os.setuid(number) or "done")
            attempt("groups", lambda: os.setgroups([0]) or "done")
            attempt("su", lambda: "root" if subprocess.run(["su", "-c", "true"], capture_output=True).returncode == 0 else None)
            """
        ) { $0.readOnly = [folder.path] }
        #expect(lines == ["1000"])
    }

    @Test func nothingButTheWorkspaceIsWritten() async throws {
        let folder = try (try await SandboxLauncher.shared()).makeFolder()
        try folder.write("theirs", to: "file")
        chmod(folder.path, 0o777)
        chmod(folder.file("file"), 0o666)
        let lines = try await got(
            """
            folders = ["/", "/usr", "/usr/bin", "/bin", "/etc", "/lib", "/dev", "/run", "/var", "/proc", "/proc/sys", "/proc/sys/kernel", "\(folder.path)"]
            for folder in folders: attempt(folder, lambda: open(folder + "/new", "w") and "written")
            for folder in folders: attempt(folder, lambda: os.mkdir(folder + "/new-folder") or "made")
            for file in ("\(folder.file("file"))", "/etc/passwd", "/etc/hosts", "/usr/bin/env", "/proc/sysrq-trigger", "/proc/sys/kernel/core_pattern",
                "/proc/sys/kernel/hostname", "/proc/1/oom_score_adj"):
                attempt(file, lambda: open(file, "r+").write("x") and "written")
                attempt(file, lambda: os.chmod(file, 0o777) or "changed")
            attempt("link", lambda: os.link("/etc/passwd", "passwd") or "made")
            for name, mode, number in (("block", 0o060600, 0xfd00), ("character", 0o020600, 0x101)):
                attempt(name, lambda: os.mknod(name, mode, number) or "made")
            print(sorted(name for name in os.listdir("/dev")))
            for folder in ("/job/work", "/tmp", "/var/tmp", "/dev/shm", os.environ["HOME"]): open(folder + "/mine", "w").write("x")
            """
        ) { $0.readOnly = [folder.path] }
        #expect(
            lines == [
                "['console', 'core', 'fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']"
            ]
                || lines == [
                    "['core', 'fd', 'full', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout', 'tty', 'urandom', 'zero']"
                ], "\(lines)")
        #expect(folder.read("file") == "theirs")
    }

    @Test func linksAndOddFilesAreNotCollected() async throws {
        let run = try await TestRun(
            python: """
                import os
                os.symlink("/etc/passwd", "link"); os.mkfifo("pipe"); os.mkdir("folder"); os.symlink("/etc", "etc")
                os.symlink("real", "alias"); open("real", "w").write("x"); open("large", "wb").truncate(3 << 20)
                os.mkdir("deep"); open("deep/file", "w").write("fine")
                """
        ) { job in
            job.collect = ["link", "pipe", "folder", "etc/passwd", "alias", "large", "deep/file", "deep/file/under"]
        }
        #expect(run.result.collected == ["deep/file": Array("fine".utf8)])
        #expect(
            run.result.refused == [
                "link": "it is a symbolic link", "alias": "it is a symbolic link", "pipe": "it is not a plain file",
                "folder": "it is not a plain file", "etc/passwd": "a folder on the way is a link or none",
                "deep/file/under": "a folder on the way is a link or none",
                "large": "it has 3145728 bytes; at most 1048576 are read",
            ])
    }

    /// A folder that was written before its name was made a link must not be gone through, either.
    @Test func namesOfFilesCannotLeaveTheWorkspace() async throws {
        let launcher = try await SandboxLauncher.shared()
        let sandbox = LaunchedSandbox(socket: launcher.socket, jobs: 1)
        for path in ["../x", "/etc/x", "a/../../x", "a\0b", ".", "a//b", String(repeating: "x/", count: 70) + "x"] {
            await #expect(throws: SandboxError.self, "\(path)") {
                try await sandbox.run(SandboxJob(command: ["true"], files: [SandboxFile(path: path, text: "x")])) { _ in }
            }
        }
        let odd = "ü b'\"$(id)\n.txt"
        var job = SandboxJob(command: ["ls", "-1"], files: [SandboxFile(path: odd, text: "x")])
        job.collect = [odd]
        let run = try await TestRun(job)
        #expect(run.result.collected == [odd: Array("x".utf8)])
    }
}
