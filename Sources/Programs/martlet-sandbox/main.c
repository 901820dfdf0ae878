#include "martlet_sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
    signal(SIGPIPE, SIG_IGN);
    // What is opened below must not become standard input or output.
    while (fcntl(STDERR_FILENO, F_GETFD) < 0 && open("/dev/null", O_RDWR) >= 0) continue;
    if (argc > 1 && strcmp(argv[1], "listen") == 0) return listen_command(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "serve") == 0) return serve_command(argc - 2, argv + 2);
    if (argc > 1 && strcmp(argv[1], "inside") == 0) return inside_command(argc - 2, argv + 2);
    fputs("usage: martlet-sandbox serve --allow USER\n"
          "       martlet-sandbox listen SOCKET --group GROUP --allow USER [--jobs COUNT] [--first-user UID]\n", stderr);
    return 2;
}
