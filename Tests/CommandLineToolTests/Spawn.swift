import Glibc

/// Runs a program to its end, without its chatter.
/// - Returns: What `waitpid` says; 0 for success.
func spawn(_ program: String, _ arguments: [String]) -> Int32 {
    var strings: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    strings.append(nil)
    defer { for text in strings { free(text) } }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    var process = pid_t(), status: Int32 = 0
    guard posix_spawn(&process, program, &actions, nil, &strings, environ) == 0 else { return -1 }
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
}
