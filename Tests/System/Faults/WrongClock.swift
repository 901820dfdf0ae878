import Glibc
import TestSupport

/// A wall clock that is not the machine's, for one program: a preloaded library, since a program of Swift's does not find its own
/// arguments under libfaketime. The monotonic clock is the machine's.
struct WrongClock: Sendable {
    /// Compiles with Debian's compiler.
    static let isAvailable = access("/usr/bin/cc", X_OK) == 0

    private static let source = """
        #define _GNU_SOURCE
        #include <fcntl.h>
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <sys/time.h>
        #include <time.h>
        #include <unistd.h>

        static long offset(void) {
            char text[32] = {0};
            int file = open(getenv("WRONG_CLOCK"), O_RDONLY | O_CLOEXEC);
            if (file < 0) return 0;
            long count = read(file, text, sizeof text - 1);
            close(file);
            return count > 0 ? atol(text) : 0;
        }
        int clock_gettime(clockid_t clock, struct timespec *now) {
            int result = (int)syscall(SYS_clock_gettime, clock, now);
            if (result == 0 && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += offset();
            return result;
        }
        int gettimeofday(struct timeval *restrict now, void *restrict zone) {
            struct timespec exact;
            clock_gettime(CLOCK_REALTIME, &exact);
            now->tv_sec = exact.tv_sec;
            now->tv_usec = exact.tv_nsec / 1000;
            return 0;
        }
        time_t time(time_t *result) {
            struct timespec now;
            clock_gettime(CLOCK_REALTIME, &now);
            if (result) *result = now.tv_sec;
            return now.tv_sec;
        }

        """

    private let folder: TemporaryFolder

    init() async throws {
        folder = try TemporaryFolder("clock")
        let file = try folder.write(Self.source, to: "clock.c")
        let run = try await CommandRun(["/usr/bin/cc", "-shared", "-fPIC", "-O1", "-o", folder.file("clock.so"), file])
        guard run.code == 0, chmod(folder.path, 0o755) == 0 else { throw Appliance.Missing(what: "the clock: \(run.error)") }
        try jump(by: 0)
    }

    /// What a program's environment needs.
    var environment: [String: String] { ["LD_PRELOAD": folder.file("clock.so"), "WRONG_CLOCK": folder.file("offset")] }

    /// The programs' clocks are this many seconds late or early from now on.
    func jump(by seconds: Int) throws { chmod(try folder.write("\(seconds)\n", to: "offset"), 0o644) }
}
