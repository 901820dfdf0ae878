#include "martlet_env.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

// Keeps one nftables table in force in the network namespace that it runs in: loads it, hears of every change that anybody makes to
// the firewall (netavark makes many), and loads it again when it is not as it was. It says in a file how things stand.

enum { MAX_LISTING = 1 << 16, MAX_SAID = 1024, NFT_SECONDS = 10, RECHECK_MS = 10000, RETRY_MS = 2000, PAUSE_MS = 50, MAX_LOADS = 5 };

// linux/netlink.h is not among musl's headers.
enum { NETLINK_OF_NETFILTER = 12, GROUP_OF_NFTABLES = 1 << 6 };
struct netlink_address {
    uint16_t family, padding;
    uint32_t port, groups;
};

static volatile sig_atomic_t stopping;

static void on_stop(int signal) {
    (void)signal;
    stopping = 1;
}

struct guard {
    const char *nft, *folder, *table;
    char rules[256];
    bool in_force;
    /// The table as nft lists it once it has been loaded.
    char listing[MAX_LISTING];
    char said[MAX_SAID];
};

/// Runs nft; what it printed goes to `out`, cut to its size. Its exit code, or -1.
static int run_nft(char *const arguments[], char *out, size_t size) {
    int ends[2], status = 0;
    out[0] = '\0';
    if (pipe2(ends, O_CLOEXEC) != 0) return -1;
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        // The timer outlives exec; its signal ends nft.
        alarm(NFT_SECONDS);
        execv(arguments[0], arguments);
        dprintf(STDERR_FILENO, "%s: %s", arguments[0], strerror(errno));
        _exit(EXIT_NOT_FOUND);
    }
    close(ends[1]);
    size_t have = 0;
    char rest[512];
    while (child > 0) {
        bool full = have == size - 1;
        ssize_t got = read(ends[0], full ? rest : out + have, full ? sizeof rest : size - 1 - have);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        if (!full) have += (size_t)got;
    }
    out[have] = '\0';
    close(ends[0]);
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
    return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/// Replaces the file `state` as a whole, if there is something new to say.
static void say(struct guard *guard, const char *text) {
    char path[256], partial[272];
    if (strcmp(guard->said, text) == 0) return;
    snprintf(path, sizeof path, "%s/state", guard->folder);
    snprintf(partial, sizeof partial, "%s.partial", path);
    int fd = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (fd < 0) return;
    size_t length = strlen(text);
    // The folder on the host is closed to all but the runner, which is another user than this one.
    bool done = fchmod(fd, 0644) == 0 && write(fd, text, length) == (ssize_t)length;
    close(fd);
    if (done && rename(partial, path) == 0) snprintf(guard->said, sizeof guard->said, "%s", text);
}

static bool list(const struct guard *guard, char *out) {
    return run_nft((char *[]){(char *)guard->nft, "-s", "list", "table", "inet", (char *)guard->table, NULL}, out, MAX_LISTING) == 0;
}

/// Loads the rules, and learns how nft lists them: as after the load before. One listing alone could be of what somebody changed
/// between the load and the look.
static void load(struct guard *guard) {
    static char now[MAX_LISTING];
    char printed[MAX_SAID - 64], text[MAX_SAID] = "somebody changes the table again and again";
    guard->in_force = false;
    for (int attempt = 0; attempt < MAX_LOADS && !guard->in_force; attempt++) {
        int code = run_nft((char *[]){(char *)guard->nft, "-f", guard->rules, NULL}, printed, sizeof printed);
        if (code != 0 || !list(guard, now)) {
            snprintf(text, sizeof text, "nft failed (%d): %s", code, printed);
            break;
        }
        guard->in_force = strcmp(now, guard->listing) == 0;
        memcpy(guard->listing, now, sizeof now);
    }
    say(guard, guard->in_force ? "in force" : text);
}

/// Until somebody changes the firewall, or for a while.
static void await_change(int events, int milliseconds) {
    struct pollfd wait = {.fd = events, .events = POLLIN};
    if (poll(&wait, events < 0 ? 0 : 1, milliseconds) <= 0) return;
    // A change comes in many messages: they are taken together, and before the look.
    nanosleep(&(struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
    char message[8192];
    while (recv(events, message, sizeof message, MSG_DONTWAIT) > 0 || errno == ENOBUFS) continue;
}

static int listen_for_changes(void) {
    struct netlink_address address = {.family = AF_NETLINK, .groups = GROUP_OF_NFTABLES};
    int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_OF_NETFILTER);
    if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof address) == 0) return fd;
    // Then the table is looked at every RECHECK_MS only.
    perror("martlet-env: changes of the firewall cannot be heard");
    if (fd >= 0) close(fd);
    return -1;
}

int guard_command(int argc, char **argv) {
    static struct guard guard;
    static char now[MAX_LISTING];
    if (argc != 3 || snprintf(guard.rules, sizeof guard.rules, "%s/rules.nft", argv[1]) >= (int)sizeof guard.rules) {
        fprintf(stderr, "martlet-env: guard NFT FOLDER TABLE\n");
        return EXIT_OWN_FAILURE;
    }
    guard.nft = argv[0];
    guard.folder = argv[1];
    guard.table = argv[2];
    sigaction(SIGTERM, &(struct sigaction){.sa_handler = on_stop}, NULL);
    sigaction(SIGINT, &(struct sigaction){.sa_handler = on_stop}, NULL);
    int events = listen_for_changes();
    while (!stopping) {
        if (!guard.in_force || !list(&guard, now) || strcmp(now, guard.listing) != 0) load(&guard);
        await_change(events, guard.in_force ? RECHECK_MS : RETRY_MS);
    }
    return 0;
}
