#include "martlet_sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
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

/// One user of the range.
struct slot {
    /// Its job, or what sweeps behind it; 0: free.
    pid_t child;
    bool is_sweeping;
};

struct listener {
    int listening;
    const char *path;
    uid_t allowed;
    gid_t group;
    bool has_allowed, has_group;
    size_t jobs;
    uid_t first_user;
    struct slot slots[MAX_JOBS];
};

static volatile sig_atomic_t stopping;

static void on_stop(int signal) {
    (void)signal;
    stopping = 1;
}

static void on_child(int signal) { (void)signal; }

static bool number(const char *text, unsigned long least, unsigned long most, unsigned long *value) {
    char *end;
    errno = 0;
    *value = strtoul(text, &end, 10);
    return *text >= '0' && *text <= '9' && *end == '\0' && errno == 0 && *value >= least && *value <= most;
}

/// By name, or by number: that need not be in a file.
static bool find_user(const char *name, uid_t *user) {
    unsigned long value;
    const struct passwd *entry = getpwnam(name);
    if (entry != NULL) *user = entry->pw_uid;
    else if (number(name, 0, UINT32_MAX - 1, &value)) *user = (uid_t)value;
    else return false;
    return true;
}

static bool find_group(const char *name, gid_t *group) {
    unsigned long value;
    const struct group *entry = getgrnam(name);
    if (entry != NULL) *group = entry->gr_gid;
    else if (number(name, 0, UINT32_MAX - 1, &value)) *group = (gid_t)value;
    else return false;
    return true;
}

/// True if the user at the other end, when it connected, was this one.
static bool is_allowed(int connection, uid_t user) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 && peer.uid == user;
}

static int open_socket(const struct listener *listener) {
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    if (strlen(listener->path) >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, listener->path);
    unlink(listener->path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    // Closed to all until it has its group.
    mode_t before = umask(0177);
    bool done = fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0
        && chown(listener->path, 0, listener->group) == 0 && chmod(listener->path, 0660) == 0 && listen(fd, 128) == 0;
    umask(before);
    return done ? fd : -1;
}

/// For good.
static bool become(uid_t user) {
    return setgroups(0, NULL) == 0 && setresgid(user, user, user) == 0 && setresuid(user, user, user) == 0
        && setresuid(0, 0, 0) != 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

static void default_signals(const sigset_t *unblocked) {
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    sigprocmask(SIG_SETMASK, unblocked, NULL);
}

/// Kills whatever a user runs: as that user, so that it can be nothing else.
static void kill_all(uid_t user) {
    pid_t child = fork();
    if (child == 0) {
        if (become(user)) kill(-1, SIGKILL);
        _exit(0);
    }
    while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR) continue;
}

/// Starts what frees a slot: a job's last processes are gone before its user is another job's. It does not hold up the others.
static void sweep(struct listener *listener, size_t index, const sigset_t *unblocked) {
    enum { ROUNDS = 1000, PAUSE_MICROSECONDS = 10000 };
    struct slot *slot = &listener->slots[index];
    const uid_t user = listener->first_user + (uid_t)index;
    pid_t child = fork();
    if (child == 0) {
        // It may outlive the listener, at whose place nobody must seem to listen then.
        close(listener->listening);
        default_signals(unblocked);
        for (int round = 0; round < ROUNDS; round++) {
            kill_all(user);
            if (!has_processes(user, user)) _exit(0);
            usleep(PAUSE_MICROSECONDS);
        }
        _exit(EXIT_OWN_FAILURE);
    }
    // Without a process for it the slot stays taken, and is tried again.
    slot->child = child > 0 ? child : -1;
    slot->is_sweeping = true;
}

static void reap(struct listener *listener, const sigset_t *unblocked) {
    for (size_t index = 0; index < listener->jobs; index++) {
        struct slot *slot = &listener->slots[index];
        int status = 1;
        if (slot->child == 0 || (slot->child > 0 && waitpid(slot->child, &status, WNOHANG) == 0)) continue;
        if (slot->is_sweeping && slot->child > 0 && status == 0) *slot = (struct slot){0};
        else sweep(listener, index, unblocked);
    }
}

static void start(struct listener *listener, int connection, const sigset_t *unblocked) {
    size_t index = 0;
    while (index < listener->jobs && listener->slots[index].child != 0) index++;
    if (index == listener->jobs) {
        say(connection, SAY_BUSY, NULL, 0);
        return;
    }
    pid_t parent = getpid(), child = fork();
    if (child > 0) listener->slots[index] = (struct slot){.child = child};
    if (child != 0) return;
    close(listener->listening);
    default_signals(unblocked);
    if (!become(listener->first_user + (uid_t)index)) _exit(EXIT_OWN_FAILURE);
    // The next listener would give the same users again.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_OWN_FAILURE);
    _exit(serve_connection(connection));
}

static bool read_options(int argc, char **argv, struct listener *listener) {
    unsigned long value;
    if (argc < 1) return false;
    listener->path = argv[0];
    for (argc--, argv++; argc > 1; argc -= 2, argv += 2) {
        if (strcmp(argv[0], "--group") == 0) {
            if (!(listener->has_group = find_group(argv[1], &listener->group))) return false;
        } else if (strcmp(argv[0], "--allow") == 0) {
            if (!(listener->has_allowed = find_user(argv[1], &listener->allowed))) return false;
        } else if (strcmp(argv[0], "--jobs") == 0) {
            if (!number(argv[1], 1, MAX_JOBS, &value)) return false;
            listener->jobs = value;
        } else if (strcmp(argv[0], "--first-user") == 0) {
            if (!number(argv[1], 65536, 2000000000, &value)) return false;
            listener->first_user = (uid_t)value;
        } else {
            return false;
        }
    }
    return argc == 0 && listener->has_group && listener->has_allowed;
}

/// Signals come only while ppoll waits; `unblocked` is what was before.
static void take_signals(sigset_t *unblocked) {
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGCHLD);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, unblocked);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = on_child}, NULL);
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_stop}, NULL);
}

int listen_command(int argc, char **argv) {
    static struct listener listener = {.jobs = DEFAULT_JOBS, .first_user = FIRST_USER};
    if (!read_options(argc, argv, &listener)) {
        fputs("martlet-sandbox: listen SOCKET --group GROUP --allow USER [--jobs 1 to 256] [--first-user UID]\n"
              "                 GROUP and USER are names that are there, or numbers; UID is from 65536 to 2000000000\n", stderr);
        return 2;
    }
    listener.listening = open_socket(&listener);
    if (listener.listening < 0) {
        fprintf(stderr, "martlet-sandbox: %s: %s\n", listener.path, strerror(errno));
        return EXIT_OWN_FAILURE;
    }
    sigset_t unblocked;
    take_signals(&unblocked);
    // Jobs of an earlier listener die with it, but not before it: none of their users is given to another while one is there.
    if (has_processes(listener.first_user, listener.first_user + (uid_t)listener.jobs - 1)) {
        for (size_t index = 0; index < listener.jobs; index++) sweep(&listener, index, &unblocked);
    }
    while (!stopping) {
        struct pollfd wait = {.fd = listener.listening, .events = POLLIN};
        // A sweep that could not be started is tried again.
        const struct timespec most = {.tv_sec = 1};
        int ready = ppoll(&wait, 1, &most, &unblocked);
        reap(&listener, &unblocked);
        int connection = ready > 0 ? accept4(listener.listening, NULL, NULL, SOCK_CLOEXEC) : -1;
        if (connection < 0) continue;
        if (is_allowed(connection, listener.allowed)) start(&listener, connection, &unblocked);
        close(connection);
    }
    unlink(listener.path);
    for (size_t index = 0; index < listener.jobs; index++) {
        if (listener.slots[index].child != 0) kill_all(listener.first_user + (uid_t)index);
    }
    return 0;
}

int serve_command(int argc, char **argv) {
    uid_t allowed;
    if (argc != 2 || strcmp(argv[0], "--allow") != 0 || getuid() == 0) {
        fputs("martlet-sandbox: serve --allow USER, on a connection as standard input, and not as root\n", stderr);
        return 2;
    }
    if (!find_user(argv[1], &allowed) || !is_allowed(STDIN_FILENO, allowed)) return EXIT_OWN_FAILURE;
    return serve_connection(STDIN_FILENO);
}
