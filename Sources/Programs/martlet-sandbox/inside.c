#include "martlet_sandbox.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Process 1 of the sandbox. The job has the same user, and cannot end it (signals of its own to process 1 have no effect) nor look into
// it (it is not dumpable). When it ends, the kernel kills whatever is left of the job.

enum { LOOK_MS = 100, STALL_SECONDS = 15 };

struct run {
    const struct job *job;
    int connection, output[2];
    pid_t command;
    uint64_t printed;
    int64_t deadline;
    /// END_*, and its number; 0 as long as the job runs.
    uint8_t ending;
    int code;
};

static void on_child(int signal) { (void)signal; }

static int64_t now_ms(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void end(struct run *run, uint8_t ending, int code) {
    if (run->ending != 0) return;
    run->ending = ending;
    run->code = code;
}

/// A listener on 127.0.0.1 goes to the runner.
static bool offer_listener(int connection, uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    bool done = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0 && listen(fd, 32) == 0
        && say_with_descriptor(connection, SAY_LISTENER, fd);
    if (fd >= 0) close(fd);
    return done;
}

static void set_limit(int what, uint64_t soft, uint64_t hard) {
    struct rlimit limit;
    getrlimit(what, &limit);
    // A limit of the launcher's own may be lower.
    if (limit.rlim_max == RLIM_INFINITY || limit.rlim_max > hard) limit.rlim_max = hard;
    limit.rlim_cur = soft < limit.rlim_max ? soft : limit.rlim_max;
    setrlimit(what, &limit);
}

static void set_limits(const struct job *job) {
    set_limit(RLIMIT_CORE, 0, 0);
    set_limit(RLIMIT_CPU, job->cpu_seconds, job->cpu_seconds + 2);
    set_limit(RLIMIT_DATA, job->memory_bytes, job->memory_bytes);
    set_limit(RLIMIT_FSIZE, job->file_bytes, job->file_bytes);
    // Process 1 is of the same user.
    set_limit(RLIMIT_NPROC, job->processes + 1, job->processes + 1);
    set_limit(RLIMIT_NOFILE, 1024, 4096);
    set_limit(RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
    set_limit(RLIMIT_MSGQUEUE, 0, 0);
    // Timers, too.
    set_limit(RLIMIT_SIGPENDING, 1024, 1024);
    set_limit(RLIMIT_STACK, 8 << 20, 64 << 20);
}

static void set_variables(const struct job *job) {
    clearenv();
    setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
    setenv("HOME", "/job/home", 1);
    setenv("TMPDIR", "/tmp", 1);
    setenv("LANG", "C.UTF-8", 1);
    for (size_t index = 0; index < job->variable_count; index++) putenv(job->variables[index]);
}

/// The kernel's own choice of what to kill falls on the job first.
static void be_first_to_go(void) {
    prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);
    if (fd >= 0 && write(fd, "1000", 4) < 0) errno = 0;
    if (fd >= 0) close(fd);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/// Becomes the command.
static void exec_command(const struct job *job, const int output[2], const sigset_t *signals) {
    setpgid(0, 0);
    be_first_to_go();
    // First what may fail; the command has no other file open.
    if (dup2(output[0], STDOUT_FILENO) < 0 || dup2(output[1], STDERR_FILENO) < 0) _exit(EXIT_OWN_FAILURE);
    const char *folder = job->directory != NULL ? job->directory : "/job/work";
    if (chdir(folder) != 0) {
        dprintf(STDERR_FILENO, "martlet-sandbox: %s: %s\n", folder, strerror(errno));
        _exit(EXIT_OWN_FAILURE);
    }
    syscall(SYS_close_range, 3U, ~0U, 0);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGCHLD, SIG_DFL);
    sigprocmask(SIG_SETMASK, signals, NULL);
    if (nice(5) < 0) errno = 0;
    set_variables(job);
    set_limits(job);
    if (!forbid_system_calls()) {
        dprintf(STDERR_FILENO, "martlet-sandbox: the filter of system calls was refused: %s\n", strerror(errno));
        _exit(EXIT_OWN_FAILURE);
    }
    execvp(job->arguments[0], job->arguments);
    int error = errno;
    dprintf(STDERR_FILENO, "martlet-sandbox: %s: %s\n", job->arguments[0], strerror(error));
    _exit(error == ENOENT || error == ENOTDIR ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

/// One piece of output; true while there may be more.
static bool relay(struct run *run, int stream) {
    static char piece[MAX_FRAME];
    ssize_t got = read(run->output[stream], piece, sizeof piece);
    if (got < 0) return errno == EINTR;
    if (got == 0) {
        close(run->output[stream]);
        run->output[stream] = -1;
        return false;
    }
    uint64_t left = run->job->output_bytes - run->printed;
    size_t length = (uint64_t)got < left ? (size_t)got : (size_t)left;
    run->printed += length;
    if (length > 0 && !say(run->connection, stream == 0 ? SAY_OUTPUT : SAY_ERROR_OUTPUT, piece, length)) end(run, END_CANCELLED, 0);
    if (length < (size_t)got) {
        end(run, END_OUTPUT, 0);
        return false;
    }
    return true;
}

static void take_status(struct run *run, int status) {
    if (WIFEXITED(status)) end(run, END_EXITED, WEXITSTATUS(status));
    else if (WTERMSIG(status) == SIGXCPU) end(run, END_CPU, 0);
    else end(run, END_SIGNALLED, WTERMSIG(status));
}

/// Takes in whoever has ended; true when the command has.
static void reap(struct run *run) {
    int status;
    for (pid_t child; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (child == run->command) take_status(run, status);
    }
}

static void hold_to_limits(struct run *run) {
    if (now_ms() >= run->deadline) end(run, END_TIME, 0);
    struct usage usage = measure_usage(run->job->memory_bytes);
    if (usage.memory_bytes > run->job->memory_bytes) end(run, END_MEMORY, 0);
    if (usage.cpu_milliseconds > run->job->cpu_seconds * 1000) end(run, END_CPU, 0);
}

/// Until the command has ended, or a limit or the runner ended it.
static void attend(struct run *run, const sigset_t *unblocked) {
    int64_t next_look = now_ms() + LOOK_MS;
    while (run->ending == 0) {
        struct pollfd waits[] = {{.fd = run->output[0], .events = POLLIN},
                                 {.fd = run->output[1], .events = POLLIN},
                                 {.fd = run->connection, .events = POLLRDHUP}};
        int64_t wait = next_look - now_ms();
        struct timespec most = {.tv_nsec = (wait > 0 ? wait : 0) * 1000000};
        int ready = ppoll(waits, 3, &most, unblocked);
        if (ready > 0) {
            if (waits[2].revents) end(run, END_CANCELLED, 0);
            for (int stream = 0; stream < 2; stream++) {
                if (waits[stream].revents) relay(run, stream);
            }
        }
        if (now_ms() >= next_look) {
            hold_to_limits(run);
            next_look = now_ms() + LOOK_MS;
        }
        reap(run);
    }
}

/// Ends whatever the command left behind, and takes in what it had printed.
static void finish(struct run *run) {
    kill(-1, SIGKILL);
    int status;
    for (;;) {
        pid_t child = waitpid(-1, &status, 0);
        if (child < 0 && errno == ECHILD) break;
    }
    for (int stream = 0; stream < 2; stream++) {
        while (run->output[stream] >= 0 && run->ending != END_OUTPUT && relay(run, stream)) continue;
    }
}

static bool start(struct run *run, const sigset_t *unblocked) {
    int out[2], error[2];
    if (pipe2(out, O_CLOEXEC) != 0 || pipe2(error, O_CLOEXEC) != 0) return false;
    const int ends[2] = {out[1], error[1]};
    run->command = fork();
    if (run->command == 0) {
        int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
        dup2(null, STDIN_FILENO);
        exec_command(run->job, ends, unblocked);
    }
    close(out[1]);
    close(error[1]);
    run->output[0] = out[0];
    run->output[1] = error[0];
    for (int stream = 0; stream < 2; stream++) fcntl(run->output[stream], F_SETFL, O_NONBLOCK);
    return run->command > 0;
}

static void send_end(const struct run *run) {
    unsigned char bytes[5] = {run->ending};
    for (int index = 0; index < 4; index++) bytes[1 + index] = (unsigned char)((unsigned)run->code >> (24 - 8 * index));
    say(run->connection, SAY_END, bytes, sizeof bytes);
}

/// The request, which `serve` has looked through.
static const struct job *take_job(int fd) {
    static struct job job;
    struct stat info;
    if (fstat(fd, &info) != 0) return NULL;
    char *bytes = mmap(NULL, (size_t)info.st_size + 1, PROT_READ, MAP_PRIVATE, fd, 0);
    return bytes != MAP_FAILED && parse_job(bytes, (size_t)info.st_size, &job) == NULL ? &job : NULL;
}

int inside_command(int argc, char **argv) {
    if (argc != 3 || getpid() != 1) return 2;
    int control = atoi(argv[2]), body = atoi(argv[1]);
    struct run run = {.connection = atoi(argv[0]), .output = {-1, -1}};
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    run.job = take_job(body);
    close(body);
    char byte = 's', problem[512];
    if (run.job == NULL || write(control, &byte, 1) != 1 || read(control, &byte, 1) != 1 || byte != 'g') return EXIT_OWN_FAILURE;
    close(control);
    struct timeval stall = {.tv_sec = STALL_SECONDS};
    setsockopt(run.connection, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof stall);
    if (!write_files(run.job, problem, sizeof problem)) {
        say_failure(run.connection, "%s", problem);
        return EXIT_OWN_FAILURE;
    }
    if (run.job->loopback_port != 0 && !offer_listener(run.connection, run.job->loopback_port)) {
        say_failure(run.connection, "no listener on port %u in the sandbox: %s", run.job->loopback_port, strerror(errno));
        return EXIT_OWN_FAILURE;
    }
    // SIGCHLD comes only while ppoll waits.
    sigset_t blocked, unblocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigprocmask(SIG_BLOCK, &blocked, &unblocked);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    run.deadline = now_ms() + (int64_t)run.job->wall_seconds * 1000;
    // Before the command: whoever does not hear it knows that nothing was done.
    if (!say(run.connection, SAY_STARTED, NULL, 0)) return EXIT_OWN_FAILURE;
    if (!start(&run, &unblocked)) {
        say_failure(run.connection, "the command could not be started: %s", strerror(errno));
        return EXIT_OWN_FAILURE;
    }
    attend(&run, &unblocked);
    finish(&run);
    if (run.ending != END_CANCELLED) send_collected(run.connection, run.job);
    send_end(&run);
    return 0;
}
