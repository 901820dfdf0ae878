#include "martlet_env.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

long number_between(const char *text, long low, long high) {
    char *end;
    if (text == NULL || *text < '0' || *text > '9') return -1;
    errno = 0;
    long value = strtol(text, &end, 10);
    return errno == 0 && *end == '\0' && value >= low && value <= high ? value : -1;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    if (strcmp(mode, "probe-http") == 0) return probe_command(argc - 2, argv + 2, true);
    if (strcmp(mode, "probe-tcp") == 0) return probe_command(argc - 2, argv + 2, false);
    if (strcmp(mode, "sandbox") == 0) return sandbox_command(argc - 2, argv + 2);
    if (strcmp(mode, "guard") == 0) return guard_command(argc - 2, argv + 2);
    if (strcmp(mode, "run") == 0) return run_command(argc - 2, argv + 2);
    return run_command(argc - 1, argv + 1);
}
