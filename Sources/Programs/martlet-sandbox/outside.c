#include "martlet_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// A network stack in user space, as rootless Podman uses it: it lives in the job's network and speaks for it outside, with no rights but
// those of any user. The machine's own 127.0.0.1 is not behind it.

enum { READY_SECONDS = 10 };

/// The user namespace that the job's network belongs to, in which the stack may change it: bubblewrap puts the job into another one below.
static int owner_of_network(pid_t sandbox) {
    char path[64];
    snprintf(path, sizeof path, "/proc/%d/ns/net", (int)sandbox);
    int network = open(path, O_RDONLY | O_CLOEXEC);
    int owner = network >= 0 ? ioctl(network, NS_GET_USERNS) : -1;
    if (network >= 0) close(network);
    return owner;
}

static void exec_stack(pid_t sandbox, pid_t parent, int ready, int complaints) {
    char pid[16], user[64], ready_number[16], ready_option[] = "--ready-fd";
    int owner = owner_of_network(sandbox);
    fcntl(owner, F_SETFD, 0);
    snprintf(pid, sizeof pid, "%d", (int)sandbox);
    snprintf(user, sizeof user, "--userns-path=/proc/self/fd/%d", owner);
    snprintf(ready_number, sizeof ready_number, "%d", ready);
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(null, STDOUT_FILENO);
    dup2(complaints, STDERR_FILENO);
    fcntl(ready, F_SETFD, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_OWN_FAILURE);
    char *arguments[] = {"slirp4netns", "--configure", "--mtu=65520", "--disable-host-loopback",
                         "--enable-seccomp", ready_option, ready_number, user, pid, "tap0", NULL};
    char *const environment[] = {"PATH=/usr/bin:/bin", NULL};
    execve("/usr/bin/slirp4netns", arguments, environment);
    dprintf(STDERR_FILENO, "/usr/bin/slirp4netns: %s (install the package slirp4netns)", strerror(errno));
    _exit(EXIT_NOT_FOUND);
}

pid_t start_network(pid_t sandbox, char *problem, size_t size) {
    int ready[2], complaints[2];
    if (pipe2(ready, O_CLOEXEC) != 0 || pipe2(complaints, O_CLOEXEC) != 0) {
        snprintf(problem, size, "%s", strerror(errno));
        return -1;
    }
    pid_t parent = getpid(), child = fork();
    if (child == 0) exec_stack(sandbox, parent, ready[1], complaints[1]);
    close(ready[1]);
    close(complaints[1]);
    char byte;
    struct pollfd wait = {.fd = ready[0], .events = POLLIN};
    bool is_ready = child > 0 && poll(&wait, 1, READY_SECONDS * 1000) == 1 && read(ready[0], &byte, 1) == 1;
    close(ready[0]);
    if (!is_ready) {
        if (child > 0) {
            kill(child, SIGKILL);
            waitpid(child, NULL, 0);
        }
        ssize_t got = read(complaints[0], problem, size - 1);
        problem[got > 0 ? got : 0] = '\0';
        for (char *next = problem; *next; next++) {
            if (*next == '\n') *next = ' ';
        }
        if (*problem == '\0') snprintf(problem, size, "slirp4netns was not ready within %d s", READY_SECONDS);
        child = -1;
    }
    close(complaints[0]);
    return child;
}
