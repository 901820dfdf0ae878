#include "martlet_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Reads a job, starts bubblewrap with `inside` as its process 1, and waits for both.

enum { REQUEST_SECONDS = 60, START_SECONDS = 30, GRACE_SECONDS = 60 };

static void set_patience(int fd, int seconds) {
    struct timeval limit = {.tv_sec = seconds};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/// A file in memory, read from its start.
static int in_memory(const char *bytes, size_t length) {
    int fd = memfd_create("martlet-sandbox", 0);
    while (fd >= 0 && length > 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) {
            close(fd);
            return -1;
        }
        bytes += written;
        length -= (size_t)written;
    }
    if (fd >= 0) lseek(fd, 0, SEEK_SET);
    return fd;
}

/// In the child: nothing of this process but what the sandbox is to have.
static void exec_bubblewrap(char **arguments, pid_t parent, int complaints, const int kept[], size_t count) {
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(complaints, STDERR_FILENO);
    for (size_t index = 0; index < count; index++) fcntl(kept[index], F_SETFD, 0);
    signal(SIGPIPE, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_OWN_FAILURE);
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    execve("/usr/bin/bwrap", arguments, environment);
    dprintf(STDERR_FILENO, "/usr/bin/bwrap: %s", strerror(errno));
    _exit(EXIT_NOT_FOUND);
}

/// Waits until process 1 says that it is there, and learns its pid; 0 if it will not be.
static pid_t wait_for_start(int control) {
    struct pollfd wait = {.fd = control, .events = POLLIN};
    if (poll(&wait, 1, START_SECONDS * 1000) != 1) return 0;
    char byte;
    union {
        struct cmsghdr head;
        char space[CMSG_SPACE(sizeof(struct ucred))];
    } room;
    struct iovec part = {&byte, 1};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = room.space, .msg_controllen = sizeof room.space};
    if (recvmsg(control, &message, 0) != 1) return 0;
    struct cmsghdr *head = CMSG_FIRSTHDR(&message);
    struct ucred sender;
    if (head == NULL || head->cmsg_type != SCM_CREDENTIALS) return 0;
    memcpy(&sender, CMSG_DATA(head), sizeof sender);
    return sender.pid;
}

/// Says why bubblewrap did not do it, in its own words.
static void say_complaint(int connection, int complaints) {
    char text[800];
    struct pollfd wait = {.fd = complaints, .events = POLLIN};
    ssize_t got = poll(&wait, 1, 1000) == 1 ? read(complaints, text, sizeof text - 1) : 0;
    text[got > 0 ? got : 0] = '\0';
    text[strcspn(text, "\n")] = '\0';
    say_failure(connection, "the sandbox could not be made: %s", *text ? text : "bubblewrap did not start");
}

static volatile sig_atomic_t overdue;

static void on_alarm(int signal) {
    (void)signal;
    overdue = 1;
}

/// Until bubblewrap has ended. Process 1 keeps the time itself; this is for the day when it does not.
static void wait_for_end(pid_t bubblewrap, uint64_t seconds) {
    sigaction(SIGALRM, &(struct sigaction){.sa_handler = on_alarm}, NULL);
    alarm((unsigned)(seconds + GRACE_SECONDS < 1u << 30 ? seconds + GRACE_SECONDS : 1u << 30));
    while (waitpid(bubblewrap, NULL, 0) < 0 && errno == EINTR) {
        if (overdue) kill(bubblewrap, SIGKILL);
    }
    alarm(0);
}

static void run(int connection, const struct job *job, const char *request, size_t length) {
    int control[2], complaints[2], yes = 1;
    int body = in_memory(request, length), self = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
    if (body < 0 || self < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, control) != 0
        || pipe2(complaints, O_CLOEXEC) != 0) {
        say_failure(connection, "the sandbox could not be prepared: %s", strerror(errno));
        return;
    }
    setsockopt(control[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes);
    char program[64], numbers[3][16];
    snprintf(program, sizeof program, "/proc/self/fd/%d", self);
    const int kept[] = {connection, body, control[1], self};
    for (int index = 0; index < 3; index++) snprintf(numbers[index], sizeof numbers[index], "%d", kept[index]);
    char *inside[] = {"inside", numbers[0], numbers[1], numbers[2], NULL};
    const char *problem = NULL;
    char **arguments = sandbox_arguments(job, program, inside, &problem);
    if (arguments == NULL) {
        say_failure(connection, "%s", problem);
        return;
    }
    pid_t parent = getpid(), bubblewrap = fork();
    if (bubblewrap == 0) exec_bubblewrap(arguments, parent, complaints[1], kept, 4);
    close(control[1]);
    close(complaints[1]);
    close(body);
    pid_t first = bubblewrap > 0 ? wait_for_start(control[0]) : 0, network = 0;
    char why[256] = "";
    if (first > 0 && job->outside) network = start_network(first, why, sizeof why);
    if (first == 0) {
        say_complaint(connection, complaints[0]);
    } else if (network < 0) {
        say_failure(connection, "the job's network could not be made: %s", why);
    } else if (write(control[0], "g", 1) == 1) {
        wait_for_end(bubblewrap, job->wall_seconds);
        bubblewrap = 0;
    }
    // Closing the control socket ends process 1 where it still waits.
    close(control[0]);
    if (bubblewrap > 0) {
        kill(bubblewrap, SIGKILL);
        waitpid(bubblewrap, NULL, 0);
    }
    if (network > 0) {
        kill(network, SIGKILL);
        waitpid(network, NULL, 0);
    }
}

int serve_connection(int connection) {
    // Not standard input: bubblewrap's own is /dev/null.
    int own = fcntl(connection, F_DUPFD_CLOEXEC, 10);
    if (own < 0) return EXIT_OWN_FAILURE;
    // Standard input stays open, so that nothing else becomes it.
    if (connection > STDERR_FILENO) close(connection);
    else dup2(open("/dev/null", O_RDWR | O_CLOEXEC), connection);
    set_patience(own, REQUEST_SECONDS);
    size_t length;
    char *request = read_request(own, &length);
    if (request == NULL) return EXIT_OWN_FAILURE;
    static struct job job;
    const char *problem = parse_job(request, length, &job);
    if (problem != NULL) say_failure(own, "%s", problem);
    else run(own, &job, request, length);
    // The last that happens: the runner takes the end of the connection for the end of all processes.
    close(own);
    return problem == NULL ? 0 : EXIT_OWN_FAILURE;
}
