// martlet-env: the one program of ours that runs inside containers. Static and small, because it must run in an image made
// FROM scratch. It never prints what it reads.
#ifndef MARTLET_ENV_H
#define MARTLET_ENV_H

#include <stdbool.h>
#include <stddef.h>

// As env(1), nohup(1) and the container runtimes answer.
enum { EXIT_OWN_FAILURE = 125, EXIT_NOT_EXECUTABLE = 126, EXIT_NOT_FOUND = 127 };

enum { MAX_PROBE_HEADERS = 16 };

struct probe {
    bool http;
    const char *address;
    int port;
    int timeout_ms;
    const char *path;
    const char *headers[MAX_PROBE_HEADERS];
    int header_count;
};

/// run [--limit MS] [--file FILE] [--] COMMAND ARGS...: sets the variables of FILE (NAME=VALUE, each ended by a NUL), then becomes
/// COMMAND, which SIGALRM ends after MS milliseconds.
int run_command(int argc, char **argv);

/// probe-http [options] PORT PATH, probe-tcp [options] PORT: 0 if it passed, 1 if not.
int probe_command(int argc, char **argv, bool http);

/// sandbox --socket PATH [--forward FROM:TO]...: holds a replica's network; probes and forwards for it until SIGTERM.
int sandbox_command(int argc, char **argv);

/// guard NFT FOLDER TABLE: keeps the nftables table `inet TABLE` of FOLDER/rules.nft in force until SIGTERM; FOLDER/state says
/// `in force`, or what is wrong.
int guard_command(int argc, char **argv);

/// One probe; what was seen goes to `seen`. True if it passed.
bool probe(const struct probe *what, char *seen, size_t size);

/// A connected socket with `timeout_ms` on every later read and write, or -1 with errno.
int connect_within(const char *address, int port, int timeout_ms);

/// The decimal number in `text` if it lies between `low` and `high`, else -1.
long number_between(const char *text, long low, long high);

#endif
