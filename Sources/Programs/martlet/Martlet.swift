import ArgumentParser
import CShims
import CommandLineTool

@main
struct Martlet {
    /// On the first thread, before there is another one.
    @MainActor static func main() async {
        // One heap for all threads: those of their own grow by a page and a system call at a time.
        mallopt(M_ARENA_MAX, 1)
        await CommandLineTool.main()
    }
}
