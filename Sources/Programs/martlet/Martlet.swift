import ArgumentParser
import CommandLineTool

@main
struct Martlet {
    static func main() async { await CommandLineTool.main() }
}
