#include "martlet_sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

// Where systemd is not PID 1: accepts, and gives each job a user that no other job has. With systemd a socket unit with Accept=yes and
// DynamicUser=yes does the same without any part of ours being root.

enum { MAX_JOBS = 256, DEFAULT_JOBS = 16 };

/// Above what systemd gives to containers, below 2^31: nobody's.
static const uid_t FIRST_USER = 1900000000;

struct listener {
    const char *path, *group, *allowed;
    size_t jobs;
    uid_t first_user;
    pid_t running[MAX_JOBS];
};

static volatile sig_atomic_t stopping;

static void on_stop(int signal) {
    (void)signal;
    stopping = 1;
}

static void on_child(int signal) { (void)signal; }

/// True if the user at the other end is the one, or root.
static bool is_allowed(int connection, const char *name) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    if (getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return false;
    const struct passwd *user = getpwnam(name);
    return user != NULL && peer.uid == user->pw_uid;
}

static int open_socket(const struct listener *listener) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const struct group *group = getgrnam(listener->group);
    if (strlen(listener->path) >= sizeof address.sun_path || group == NULL) {
        errno = group == NULL ? ENOENT : ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, listener->path);
    unlink(listener->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    // Closed to all until it has its group.
    mode_t before = umask(0177);
    bool done = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0
        && chown(listener->path, 0, group->gr_gid) == 0 && chmod(listener->path, 0660) == 0 && listen(fd, 128) == 0;
    umask(before);
    return done ? fd : -1;
}

/// For good.
static bool become(uid_t user) {
    return setgroups(0, NULL) == 0 && setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0
        && setresuid(0, 0, 0) != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/// Ends whatever a job's user still runs, before another job gets that user.
static void sweep(uid_t user) {
    pid_t child = fork();
    if (child == 0) {
        if (become(user)) kill(-1, SIGKILL);
        _exit(0);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

static void reap(struct listener *listener) {
    for (size_t slot = 0; slot < listener->jobs; slot++) {
        if (listener->running[slot] == 0 || waitpid(listener->running[slot], NULL, WNOHANG) == 0) continue;
        sweep(listener->first_user + (uid_t)slot);
        listener->running[slot] = 0;
    }
}

static void start(struct listener *listener, int connection, const sigset_t *signals) {
    size_t slot = 0;
    while (slot < listener->jobs && listener->running[slot] != 0) slot++;
    if (slot == listener->jobs) {
        say(connection, SAY_BUSY, NULL, 0);
        return;
    }
    pid_t parent = getpid(), child = fork();
    if (child > 0) listener->running[slot] = child;
    if (child != 0) return;
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, signals, NULL);
    if (!become(listener->first_user + (uid_t)slot)) _exit(EXIT_OWN_FAILURE);
    // The next listener would give the same users again.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_OWN_FAILURE);
    _exit(serve_connection(connection));
}

static long number(const char *text, long most) {
    char *end;
    long value = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' && value > 0 && value <= most ? value : -1;
}

static bool read_options(int argc, char **argv, struct listener *listener) {
    if (argc < 1) return false;
    listener->path = argv[0];
    for (argc--, argv++; argc > 1; argc -= 2, argv += 2) {
        if (strcmp(argv[0], "--group") == 0) listener->group = argv[1];
        else if (strcmp(argv[0], "--allow") == 0) listener->allowed = argv[1];
        else if (strcmp(argv[0], "--jobs") == 0) listener->jobs = (size_t)number(argv[1], MAX_JOBS);
        else if (strcmp(argv[0], "--first-user") == 0) listener->first_user = (uid_t)number(argv[1], 2000000000);
        else return false;
    }
    return argc == 0 && listener->group && listener->allowed && listener->jobs <= MAX_JOBS && listener->first_user > 65535
        && listener->first_user <= 2000000000;
}

int listen_command(int argc, char **argv) {
    static struct listener listener = {.jobs = DEFAULT_JOBS, .first_user = FIRST_USER};
    if (!read_options(argc, argv, &listener)) {
        fputs("martlet-sandbox: listen SOCKET --group GROUP --allow USER [--jobs 1 to 256] [--first-user UID]\n", stderr);
        return 2;
    }
    int fd = open_socket(&listener);
    if (fd < 0) {
        fprintf(stderr, "martlet-sandbox: %s: %s\n", listener.path, strerror(errno));
        return EXIT_OWN_FAILURE;
    }
    // Signals come only while ppoll-like calls wait: accept is interrupted by them.
    sigset_t signals;
    sigprocmask(SIG_SETMASK, NULL, &signals);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_stop}, NULL);
    // A signal between the look at `stopping` and accept is not lost for long.
    struct timeval patience = {.tv_sec = 1};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    while (!stopping) {
        int connection = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
        reap(&listener);
        if (connection < 0) continue;
        if (is_allowed(connection, listener.allowed)) start(&listener, connection, &signals);
        close(connection);
    }
    unlink(listener.path);
    for (size_t slot = 0; slot < listener.jobs; slot++) {
        if (listener.running[slot] != 0) sweep(listener.first_user + (uid_t)slot);
    }
    return 0;
}

int serve_command(int argc, char **argv) {
    if (argc != 2 || strcmp(argv[0], "--allow") != 0 || getuid() == 0) {
        fputs("martlet-sandbox: serve --allow USER, on a connection as standard input, and not as root\n", stderr);
        return 2;
    }
    if (!is_allowed(STDIN_FILENO, argv[1])) return EXIT_OWN_FAILURE;
    return serve_connection(STDIN_FILENO);
}
